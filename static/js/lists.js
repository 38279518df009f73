// Lists with boxes to tick: the page's box ticks all of it, the bar says how many, x ticks the row one stands in.
const boxes = () => [...document.querySelectorAll("input[name=pick]")];
const all = () => document.querySelector("[data-pick-all]");
function say() {
  const ticked = boxes().filter((box) => box.checked).length;
  const head = document.querySelector("[data-pick-page]");
  const said = document.querySelector("[data-picked]");
  if (!head || !said) return;
  head.hidden = false;
  head.checked = ticked > 0 && ticked === boxes().length;
  head.indeterminate = ticked > 0 && !head.checked;
  said.hidden = !ticked || all().checked;
  said.querySelector("[data-n]").textContent = ticked;
}
document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-pick-page]")) for (const box of boxes()) box.checked = target.checked;
  if (target.matches("[data-pick-all]")) for (const box of boxes()) box.checked = target.checked;
  else if (target.matches("input[name=pick]") && !target.checked && all()?.checked) all().checked = false;
  if (target.matches("[data-pick-page], [data-pick-all], input[name=pick]")) say();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.shortcuts !== "on") return;
  const box = document.activeElement?.closest("tr")?.querySelector("input[name=pick]");
  if (box && document.activeElement !== box) { box.click(); event.preventDefault(); }
});
document.addEventListener("htmx:afterSwap", say);
addEventListener("pageshow", say);
say();
