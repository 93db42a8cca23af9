/** A video file: analysed step by step, then played with boxes; every timeline can be clicked. */

import { byId } from "./dom.js";
import { setUpMenu } from "./menu.js";
import { complain, inWords, say } from "./messages.js";
import { Overlay } from "./overlay.js";
import { People } from "./people.js";
import { PeoplePanel } from "./people_panel.js";
import { makeRecord, renumbered, toCsv, toJson } from "./records.js";
import { saveFile, stem } from "./save_file.js";
import { TrackLookup } from "./track_lookup.js";
import { recordVideo } from "./video_recorder.js";
import { ready, scanVideo } from "./video_scan.js";

const PANEL_MS = 120;

export class VideoView {
  #app;
  #video = byId("video-player");
  #overlay = new Overlay(byId("video-overlay"), this.#video);
  #people = new People();
  #panel = new PeoplePanel(byId("video-people"), byId("video-nobody"), this.#people, true);
  #lookup = new TrackLookup(0.1);
  #file = null;
  #url = "";
  #work = null; // AbortController of what is running
  #painting = false;
  #painted = 0;

  /** @param app Has `recognizer`, `settings` and `config`. */
  constructor(app) {
    this.#app = app;
    const files = byId("video-files");
    for (const id of ["choose-video", "other-video"]) {
      byId(id).addEventListener("click", () => files.click());
    }
    files.addEventListener("change", () => {
      if (files.files[0]) this.open(files.files[0]);
      files.value = "";
    });
    byId("video-play").addEventListener("click", () => this.#togglePlay());
    byId("video-cancel").addEventListener("click", () => this.#work?.abort());
    const scrub = byId("video-scrub");
    scrub.addEventListener("input", () => this.#seek(Number(scrub.value)));
    this.#panel.addEventListener("seek", ({ detail }) => this.#seek(detail));
    for (const name of ["play", "pause", "ended"]) {
      this.#video.addEventListener(name, () => this.#showPlaying());
    }
    setUpMenu("video-download", (format) => this.#download(format));
  }

  leave() {
    this.#video.pause();
  }

  /** Take a file, show it and read it. */
  async open(file) {
    this.#work?.abort();
    const work = (this.#work = new AbortController());
    this.#people.clear();
    URL.revokeObjectURL(this.#url);
    this.#file = file;
    this.#url = URL.createObjectURL(file);
    byId("video-empty").hidden = true;
    byId("video-full").hidden = false;
    byId("video-title").textContent = file.name;
    byId("video-download").disabled = true; // until something has been read
    this.#video.src = this.#url;
    try {
      await ready(this.#video);
    } catch (error) {
      if (work === this.#work && this.#app.settings.place !== "server") return this.#close(error);
    }
    if (work !== this.#work) return; // another video was opened meanwhile
    byId("video-screen").style.aspectRatio = `${this.#video.videoWidth || 16} / ${this.#video.videoHeight || 9}`;
    byId("video-scrub").max = String(this.#video.duration || 1);
    if (!this.#painting) this.#paint();
    await this.#read(work);
  }

  #close(error) {
    byId("video-empty").hidden = false;
    byId("video-full").hidden = true;
    complain(error);
  }

  async #read(work) {
    const stepS = Number(byId("video-step").value);
    this.#lookup = new TrackLookup(stepS);
    this.#showProgress("Loading the networks …", 0);
    try {
      for await (const look of this.#looks(stepS, work.signal)) {
        if (work.signal.aborted) break;
        this.#lookup.add(look);
        this.#people.add(look.result, look.timeS);
        this.#showProgress(`Reading, ${Math.round(100 * look.share)} %`, look.share);
      }
      if (work === this.#work) say(work.signal.aborted ? "Stopped; results so far are kept." : "The video is analysed.");
    } catch (error) {
      if (error.name !== "AbortError") complain(error);
    }
    if (work !== this.#work) return; // another video has taken over
    byId("video-progress").hidden = true;
    byId("video-download").disabled = this.#lookup.looks.length === 0;
  }

  /** Yield the analysed frames of this video, from this tab or from the server. */
  async *#looks(stepS, signal) {
    const { recognizer, settings, config } = this.#app;
    // What is chosen meanwhile counts from the next video on: one video is not read by two models.
    const chosen = settings.chosen();
    if (chosen.place === "server") {
      const onProgress = (share) => this.#showProgress(`The server reads, ${Math.round(100 * share)} %`, share);
      const { looks, problem } = await recognizer.video(this.#file, { ...chosen, stepS }, signal, onProgress);
      if (problem) complain(new Error(problem));
      for (const look of looks) yield { ...look, share: 1 };
      return;
    }
    const fixed = { ...chosen, chosen: () => chosen };
    await recognizer.load(fixed, (share) => this.#showProgress("Loading the networks …", share));
    const ask = (bitmap) => recognizer.frame(bitmap, fixed, "video");
    yield* scanVideo({ url: this.#url, stepS, ask, config, signal });
  }

  #showProgress(text, share) {
    const row = byId("video-progress");
    row.hidden = false;
    row.querySelector("progress").value = share;
    row.querySelector(".progress-text").textContent = text;
  }

  #togglePlay() {
    if (this.#video.paused) this.#video.play().catch((error) => complain(new Error(inWords(error))));
    else this.#video.pause();
  }

  #showPlaying() {
    const button = byId("video-play");
    button.setAttribute("aria-label", this.#video.paused ? "Play" : "Pause");
    button.querySelector("use").setAttribute("href", this.#video.paused ? "#icon-play" : "#icon-pause");
  }

  #seek(timeS) {
    this.#video.currentTime = timeS;
  }

  #paint() {
    this.#painting = !byId("video").hidden;
    if (!this.#painting) {
      setTimeout(() => this.#paint(), 300);
      return;
    }
    const timeS = this.#video.currentTime;
    const faces = this.#lookup.at(timeS);
    this.#overlay.set(faces);
    const nameOf = (id) => this.#people.labelOf(id);
    const size = [this.#video.videoWidth, this.#video.videoHeight];
    this.#overlay.paint({ nameOf, hidden: byId("video-blur").checked ? this.#lookup.hidden(timeS, size) : null });
    const now = performance.now();
    if (now - this.#painted > PANEL_MS) {
      this.#painted = now;
      this.#showTime(timeS, faces);
    }
    requestAnimationFrame(() => this.#paint());
  }

  #showTime(timeS, faces) {
    const { duration } = this.#video;
    const seen = new Map(faces.map((face) => [this.#people.idOf(face.id), face]));
    const view = { from: 0, to: duration || 1, now: timeS, gapS: 3 * this.#lookup.stepS };
    this.#panel.show(view, ({ id }) => seen.get(id) ?? null);
    byId("video-clock").textContent = `${clock(timeS)} / ${clock(duration || 0)}`;
    const scrub = byId("video-scrub");
    if (document.activeElement !== scrub || !this.#video.paused) scrub.value = String(timeS);
    scrub.setAttribute("aria-valuetext", `${clock(timeS)} of ${clock(duration || 0)}`);
  }

  #download(format) {
    if (format === "video") return this.#record();
    const { looks } = this.#lookup;
    const found = looks.map(({ timeS, result }) => makeRecord(this.#file.name, result, timeS));
    const records = renumbered(found, (id) => this.#people.idOf(id));
    const name = `${stem(this.#file.name)}-ferkit.${format}`;
    if (format === "json") return saveFile(name, toJson(records), "application/json");
    const emotions = (looks.find(({ result }) => result.faces.length) ?? looks[0]).result.emotions;
    return saveFile(name, toCsv(records, emotions), "text/csv");
  }

  async #record() {
    const work = (this.#work = new AbortController());
    byId("video-download").disabled = true;
    try {
      const { blob, suffix } = await recordVideo({
        url: this.#url,
        facesAt: (timeS) => this.#lookup.at(timeS),
        nameOf: (id) => this.#people.labelOf(id),
        hiddenAt: byId("video-blur").checked ? (timeS, size) => this.#lookup.hidden(timeS, size) : () => [],
        signal: work.signal,
        onProgress: (share) =>
          this.#showProgress(`Recording as it plays, ${Math.round(100 * share)} %`, share),
      });
      saveFile(`${stem(this.#file.name)}-ferkit.${suffix}`, blob);
      say("The annotated video is saved.");
    } catch (error) {
      if (error.name !== "AbortError") complain(error);
    }
    if (work !== this.#work) return;
    byId("video-progress").hidden = true;
    byId("video-download").disabled = false;
  }
}

/** Return `1:05` for 65.3 seconds. */
function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
