/** Photos: choose, drop or paste; look at each; download what was found. */

import { drawFaces } from "./annotate.js";
import { byId, count } from "./dom.js";
import { FacePanel } from "./face_panel.js";
import { Gallery } from "./gallery.js";
import { setUpMenu } from "./menu.js";
import { complain, inWords, say } from "./messages.js";
import { Photo } from "./photo.js";
import { PhotoStage } from "./photo_stage.js";
import { errorRecord, makeRecord, toCsv, toJson } from "./records.js";
import { pngOf, saveFile, stamp, stem } from "./save_file.js";
import { summary } from "./summary.js";

const SMALLEST_SIDE = 640; // below it nobody could read what is written on a picture

export class PhotosView {
  #app;
  #photos = [];
  #chosen = null;
  #busy = false;
  #stage = new PhotoStage(byId("photo-stage"));
  #panel = new FacePanel(byId("photo-face"));
  #gallery = new Gallery(byId("gallery"));

  /** @param app Has `recognizer`, `settings` and `config`. */
  constructor(app) {
    this.#app = app;
    const files = byId("photo-files");
    for (const id of ["choose-photos", "add-photos"]) {
      byId(id).addEventListener("click", () => files.click());
    }
    files.addEventListener("change", () => {
      this.add([...files.files]);
      files.value = "";
    });
    byId("clear-photos").addEventListener("click", () => this.#clear());
    setUpMenu("photo-download", (format) => this.#download(format));
    this.#stage.addEventListener("choose", ({ detail }) => this.#chooseFace(detail));
    this.#panel.addEventListener("choose", ({ detail }) => this.#chooseFace(detail));
    this.#gallery.addEventListener("choose", ({ detail }) => this.#choose(detail));
    app.settings.addEventListener("change", () => this.#readAgain());
  }

  /** Take files in and read them one after the other. */
  add(files) {
    if (!files.length) return;
    const before = this.#photos.length;
    for (const file of files) this.#photos.push(new Photo(file, this.#freeName(file.name || "pasted.png")));
    this.#choose(this.#photos[before]);
    this.#work();
  }

  /** Return the name, with a number where another photo has it: all that are pasted are called `image.png`. */
  #freeName(name) {
    const taken = new Set(this.#photos.map((photo) => photo.name));
    const [, start, suffix] = name.match(/^(.*?)(\.[^.]*)?$/s);
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${start} (${n})${suffix ?? ""}`;
    return free;
  }

  /** Nothing runs while the view is hidden, but what was begun is finished. */
  leave() {}

  async #work() {
    if (this.#busy) return;
    this.#busy = true;
    let photo;
    while ((photo = this.#next())) {
      const { settings } = this.#app;
      const asked = settings.snapshot();
      try {
        const faces = await this.#app.recognizer.photo(photo.file, settings);
        if (settings.snapshot() === asked) photo.faces = faces; // else it is read again as it is wanted now
      } catch (error) {
        if (settings.snapshot() === asked) photo.error = inWords(error);
      }
      this.#show(photo === this.#chosen);
    }
    this.#busy = false;
    const faces = this.#photos.flatMap(({ faces }) => faces?.faces ?? []);
    if (this.#photos.length) say(`${count(faces.length, "face")} found.`, true);
  }

  /** The photo that is looked at comes first. */
  #next() {
    if (this.#chosen?.waiting) return this.#chosen;
    return this.#photos.find((photo) => photo.waiting);
  }

  #readAgain() {
    for (const photo of this.#photos) photo.reset();
    if (!this.#photos.length) return;
    this.#show(true);
    this.#work();
  }

  #choose(photo) {
    this.#chosen = photo;
    this.#show(true);
  }

  #chooseFace(index) {
    this.#chosen.face = index;
    this.#stage.mark(index);
    this.#panel.show(this.#chosen);
  }

  #clear() {
    for (const photo of this.#photos) photo.release();
    this.#photos = [];
    this.#chosen = null;
    this.#show(false);
    byId("choose-photos").focus();
  }

  #show(stageToo) {
    const some = this.#photos.length > 0;
    byId("photos-empty").hidden = some;
    byId("photos-full").hidden = !some;
    if (!some) return;
    byId("photo-title").textContent = this.#chosen.name;
    if (stageToo) {
      this.#stage.show(this.#chosen);
      this.#panel.show(this.#chosen);
    }
    this.#gallery.show(this.#photos, this.#chosen);
    byId("photo-summary").replaceChildren(summary(this.#photos));
    byId("photo-download").disabled = this.#photos.every((photo) => photo.waiting);
  }

  #download(format) {
    if (format === "png") return this.#savePicture(this.#chosen).catch(complain);
    const done = this.#photos.filter((photo) => !photo.waiting);
    const records = done.map(({ name, faces, error }) =>
      error ? errorRecord(name, error) : makeRecord(name, faces),
    );
    const name = `ferkit-${stamp()}.${format}`;
    if (format === "json") return saveFile(name, toJson(records), "application/json");
    const emotions = done.find(({ faces }) => faces)?.faces.emotions ?? [];
    return saveFile(name, toCsv(records, emotions), "text/csv");
  }

  async #savePicture(photo) {
    if (!photo.faces) throw new Error("This photo has not been read; choose another one.");
    const bitmap = await createImageBitmap(photo.file, { imageOrientation: "from-image" });
    const factor = Math.max(1, Math.ceil(SMALLEST_SIDE / Math.max(bitmap.width, bitmap.height)));
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width * factor;
    canvas.height = bitmap.height * factor;
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    drawFaces(context, photo.faces.faces, { size: photo.faces.size });
    const blob = await pngOf(canvas);
    saveFile(`${stem(photo.name)}-ferkit.png`, blob);
  }
}
