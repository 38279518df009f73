// Photos are made smaller on the phone before they are sent: minutes less on a thin line. What is sent before this is
// done, or cannot be read here, goes as it is; the server encodes every picture anew anyway.
const LONGEST_SIDE = 2200;
const SMALL_ENOUGH = 400_000;
const QUALITY = 0.72;

async function smaller(file) {
  if (!file.type.startsWith("image/") || file.size <= SMALL_ENOUGH) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    return blob && blob.size < file.size ? new File([blob], file.name, { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

document.addEventListener("change", async (event) => {
  const field = event.target;
  if (!field.matches('input[type="file"][multiple]')) return;
  const chosen = [...field.files];
  const made = await Promise.all(chosen.map(smaller));
  const unchanged = field.files.length === chosen.length && chosen.every((file, at) => file === field.files[at]);
  if (!unchanged || made.every((file, at) => file === chosen[at])) return;
  const list = new DataTransfer();
  for (const file of made) list.items.add(file);
  field.files = list.files;
});
