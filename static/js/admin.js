// The boxes that Django's admin site makes of its autocomplete fields carry no name; they get that of their label.

function nameBox(select) {
  const label = select.labels?.[0];
  const box = select.nextElementSibling;
  if (!label || !box?.matches(".select2")) return;
  label.id ||= `label-of-${select.id}`;
  const rendered = box.querySelector(".select2-selection__rendered");
  rendered?.setAttribute("aria-labelledby", label.id);
  box.querySelector(".select2-search__field")?.setAttribute("aria-labelledby", label.id);
  const shown = rendered?.id ? ` ${rendered.id}` : "";
  box.querySelector(".select2-selection").setAttribute("aria-labelledby", label.id + shown);
}

function nameBoxes() {
  document.querySelectorAll("select.admin-autocomplete").forEach(nameBox);
}

// Asked last, so run last: by then the site's own script has made its boxes.
globalThis.django?.jQuery?.(nameBoxes);
document.addEventListener("formset:added", nameBoxes);
