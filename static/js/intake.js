// The hint under a document's number follows the kind and the country; digits alone get the phone's digit keys.
const hints = document.getElementById("hints").content;
function showHint() {
  const kind = document.getElementById("id_document_kind").value;
  const country = document.getElementById("id_nationality").value;
  const hint = hints.querySelector(`[data-for="${country} ${kind}"]`) ?? hints.querySelector(`[data-for=" ${kind}"]`) ?? hints.querySelector('[data-for=" "]');
  document.getElementById("id_document_number_helptext").textContent = hint.textContent;
  document.getElementById("id_document_number").inputMode = "digits" in hint.dataset ? "numeric" : "text";
}
document.addEventListener("change", (event) => {
  if (event.target.matches("#id_document_kind, #id_nationality")) showHint();
});
showHint();
