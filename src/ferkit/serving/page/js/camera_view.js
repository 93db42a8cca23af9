/** The live camera: boxes, bars, and a timeline of the last minute for each person. */

import { blurFaces, drawFaces } from "./annotate.js";
import { AnsweredFrame } from "./answered_frame.js";
import { CameraRecording } from "./camera_recording.js";
import { CameraSource } from "./camera_source.js";
import { byId, element } from "./dom.js";
import { withTracks } from "./faces.js";
import { LiveLoop } from "./live_loop.js";
import { complain, inWords, relent, say } from "./messages.js";
import { Meter } from "./meter.js";
import { Overlay } from "./overlay.js";
import { People } from "./people.js";
import { PeoplePanel } from "./people_panel.js";
import { makeRecord, renumbered, toCsv } from "./records.js";
import { pngOf, saveFile, stamp } from "./save_file.js";
import { SessionLog } from "./session_log.js";
import { Smoother } from "./smoother.js";
import { Tracker } from "./tracker.js";

const MINUTE_S = 60;
const GAP_S = 0.7;
// Ten updates per second of the panel are as fast as anybody reads.
const PANEL_MS = 100;
// If answers are older, faces may have moved away from their blurred boxes, so the whole picture is blurred.
const BLURRED_FOR_MS = 600;

export class CameraView {
  #app;
  #video = byId("camera-video");
  #source = new CameraSource(this.#video);
  #overlay = new Overlay(byId("camera-overlay"), this.#video);
  #people = new People();
  #panel = new PeoplePanel(byId("camera-people"), byId("camera-nobody"), this.#people);
  #log = new SessionLog();
  #meter = new Meter();
  #recording = new CameraRecording(this.#video);
  #frame = new AnsweredFrame(); // while faces are blurred
  #recordedFrom = 0; // seconds of the session
  #tracker;
  #smoother;
  #loop;
  #latest = null; // `Faces` of the last answer
  #taken = 0; // when its frame was shown
  #seen = new Map(); // id -> { taken, box }, of each face where it was last seen
  #began = 0;
  #painted = 0; // when the panel was
  #drawn = 0; // for which frame the boxes were
  #state = "off";
  #turn = 0; // of starting: what was begun before a later start or an end is dropped

  /** @param app Has `recognizer`, `settings` and `config`. */
  constructor(app) {
    this.#app = app;
    this.#loop = new LiveLoop(
      this.#video,
      (bitmap) => app.recognizer.frame(bitmap, app.settings),
      {
        onFrame: () => this.#frame.keep(this.#blurs ? this.#video : null),
        onAnswer: (answer, delay, taken) => this.#take(answer, delay, taken),
        onError: (error) => this.#fail(error),
      },
    );
    byId("camera-start").addEventListener("click", () => this.#start());
    byId("camera-stop").addEventListener("click", () => this.#stop());
    byId("camera-pause").addEventListener("click", () => this.#pause());
    byId("camera-shot").addEventListener("click", () => this.#snapshot().catch(complain));
    byId("camera-record").addEventListener("click", () => this.#record().catch(complain));
    byId("camera-csv").addEventListener("click", () => this.#saveRows());
    byId("camera-device").addEventListener("change", ({ target }) => this.#start(target.value));
    byId("camera-mirror").addEventListener("change", () => this.#showMirror());
    app.settings.addEventListener("change", () => this.#forgetLatest());
    this.#showMirror();
  }

  /** Stop the camera when the user changes to another view. */
  leave() {
    if (this.#state !== "off") this.#stop();
  }

  async #start(deviceId) {
    const fresh = this.#state !== "live" && this.#state !== "paused";
    const turn = ++this.#turn;
    this.#loop.stop();
    if (fresh) {
      this.#show("starting", "Waiting for the camera and the model …");
      this.#reset();
    }
    try {
      const loading = this.#app.recognizer.load(this.#app.settings, (share) =>
        this.#tell(`Loading the networks, ${Math.round(100 * share)} % …`),
      );
      const [, opened] = await Promise.all([loading, this.#source.open(deviceId, () => this.#lost())]);
      if (!opened || turn !== this.#turn) return;
      await this.#listDevices();
      if (turn !== this.#turn) return;
      if (fresh) this.#began = performance.now();
      relent();
      this.#forgetLatest();
      this.#show("live");
      this.#loop.start();
      requestAnimationFrame(() => this.#paint());
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  #reset() {
    const { smooth_s: smoothS, lost_s: lostS } = this.#app.config;
    this.#tracker = new Tracker(lostS);
    this.#smoother = new Smoother(smoothS);
    this.#people.clear();
    this.#log.clear();
    this.#meter.clear();
    this.#panel.show({ from: 0, to: 1, now: 1, gapS: GAP_S }, () => null);
  }

  #take(answer, delay, taken) {
    const timeS = (taken - this.#began) / 1000;
    const ids = this.#tracker.update(answer.faces.map(({ box }) => box), timeS);
    const rows = this.#smoother.update(ids, answer.faces.map((face) => face.probabilities), timeS);
    this.#latest = withTracks(answer, ids, rows);
    this.#taken = taken;
    // A face that answers lack was often just missed.
    answer.faces.forEach(({ box }, i) => this.#seen.set(ids[i], { taken, box }));
    const lostMs = 1000 * this.#app.config.lost_s;
    for (const [id, look] of this.#seen) if (taken - look.taken > lostMs) this.#seen.delete(id);
    this.#meter.add(delay);
    this.#overlay.set(this.#latest.faces);
    this.#people.add(this.#latest, timeS);
    this.#people.forget(timeS - MINUTE_S);
    this.#log.add(makeRecord("camera", this.#latest, timeS));
    this.#frame.answer();
    const { picture } = this.#frame;
    if (this.#recording.running && this.#blurs && picture) this.#recording.draw(picture, this.#hidden());
  }

  #paint() {
    if (this.#state !== "live" && this.#state !== "paused") return;
    // Boxes change only with a new frame of the video.
    if (this.#state !== "live" || this.#loop.frames !== this.#drawn) this.#draw();
    const now = performance.now();
    if (now - this.#painted > PANEL_MS && this.#state === "live") {
      this.#painted = now;
      this.#showPanel((now - this.#began) / 1000);
    }
    requestAnimationFrame(() => this.#paint());
  }

  #draw() {
    this.#drawn = this.#loop.frames;
    const nameOf = (id) => this.#people.labelOf(id);
    const old = this.#state === "live" && performance.now() - this.#taken > BLURRED_FOR_MS;
    const hidden = old ? this.#whole : this.#hidden();
    this.#overlay.paint({ mirrored: this.#mirrored, nameOf, hidden: this.#blurs ? hidden : null });
    // A blurred recording consists of the pictures that were looked at: on those in between, a face may be elsewhere.
    if (this.#recording.running && !this.#blurs) this.#recording.draw(this.#video, []);
  }

  get #blurs() {
    return byId("camera-blur").checked;
  }

  get #whole() {
    return [[0, 0, this.#video.videoWidth, this.#video.videoHeight]];
  }

  /** Return the boxes to blur in the picture of the last answer. */
  #hidden() {
    if (!this.#latest) return this.#whole;
    return [...this.#latest.faces, ...this.#seen.values()].map(({ box }) => box);
  }

  #showPanel(timeS) {
    const seen = new Map((this.#latest?.faces ?? []).map((face) => [this.#people.idOf(face.id), face]));
    const view = { from: timeS - MINUTE_S, to: timeS, now: timeS, gapS: GAP_S };
    this.#panel.show(view, ({ id }) => seen.get(id) ?? null);
    const speed = `${this.#meter.framesPerSecond.toFixed(0)} frames/s · ${this.#meter.delay.toFixed(0)} ms`;
    byId("camera-speed").textContent = this.#latest ? speed : "Loading …";
  }

  #pause() {
    const paused = this.#state === "live";
    if (paused) {
      this.#video.pause();
      this.#loop.stop();
    } else {
      this.#video.play();
      this.#loop.start();
    }
    this.#show(paused ? "paused" : "live");
  }

  #stop() {
    this.#end("off", START_TEXT);
  }

  /** Turn everything off; the rows of the session can still be saved. */
  #end(state, message) {
    this.#turn++;
    if (this.#recording.running) this.#record().catch(complain);
    this.#loop.stop();
    this.#source.close();
    this.#app.recognizer.endLive();
    this.#show(state, message);
    byId("camera-tools").hidden = this.#log.empty;
    for (const id of ["pause", "stop", "shot", "record"]) byId(`camera-${id}`).disabled = true;
  }

  #lost() {
    this.#fail(new Error("The camera was disconnected; connect it or allow access again, then start it again."));
  }

  #fail(error) {
    this.#end("error", inWords(error));
  }

  #show(state, message = "") {
    this.#state = state;
    byId("camera-screen").dataset.state = state;
    byId("camera-tools").hidden = state !== "live" && state !== "paused";
    byId("camera-speed").hidden = state !== "live";
    byId("camera-start").hidden = state === "starting";
    if (message) this.#tell(message);
    for (const id of ["pause", "stop", "shot", "record"]) byId(`camera-${id}`).disabled = false;
    const pause = byId("camera-pause");
    pause.setAttribute("aria-pressed", String(state === "paused"));
    pause.querySelector("span").textContent = state === "paused" ? "Resume" : "Pause";
    pause.querySelector("use").setAttribute("href", state === "paused" ? "#icon-play" : "#icon-pause");
  }

  #tell(message) {
    byId("camera-message").textContent = message;
  }

  /** Drop the last answer after a change of model or detector. */
  #forgetLatest() {
    this.#latest = null;
    this.#seen.clear();
    this.#overlay.set([]);
    if (this.#state === "live") {
      const { settings, recognizer } = this.#app;
      recognizer.load(settings).catch((error) => this.#fail(error));
    }
  }

  get #mirrored() {
    return byId("camera-mirror").checked;
  }

  #showMirror() {
    byId("camera-screen").classList.toggle("mirrored", this.#mirrored);
  }

  async #listDevices() {
    const devices = await this.#source.devices();
    const select = byId("camera-device");
    select.hidden = devices.length < 2;
    select.replaceChildren(
      ...devices.map(({ deviceId, label }, i) =>
        element("option", { value: deviceId }, label || `Camera ${i + 1}`),
      ),
    );
    select.value = this.#source.deviceId;
  }

  /** Save the picture as shown: blurred if faces are, but never mirrored. */
  async #snapshot() {
    const canvas = document.createElement("canvas");
    canvas.width = this.#video.videoWidth;
    canvas.height = this.#video.videoHeight;
    const context = canvas.getContext("2d");
    const size = [canvas.width, canvas.height];
    const answered = this.#blurs ? this.#frame.picture : null;
    const picture = answered ?? this.#video;
    context.drawImage(picture, 0, 0);
    const faces = this.#latest?.faces ?? [];
    if (this.#blurs) blurFaces(context, picture, answered ? this.#hidden() : this.#whole, { size });
    drawFaces(context, faces, { size, nameOf: (id) => this.#people.labelOf(id) });
    const blob = await pngOf(canvas);
    saveFile(`ferkit-${stamp()}.png`, blob);
    say("Snapshot saved.");
  }

  /** Start recording, or stop and save the video and its rows, whose times count from the start. */
  async #record() {
    const button = byId("camera-record");
    if (!this.#recording.running) {
      this.#recording.start(this.#blurs ? this.#whole : []);
      this.#recordedFrom = (performance.now() - this.#began) / 1000;
      button.setAttribute("aria-pressed", "true");
      return say("Recording the camera without boxes.");
    }
    button.setAttribute("aria-pressed", "false");
    const name = `ferkit-${stamp()}`;
    const from = this.#recordedFrom;
    const { blob, suffix } = await this.#recording.stop();
    saveFile(`${name}.${suffix}`, blob);
    const rows = this.#log.records
      .filter(({ time_s: timeS }) => timeS >= from)
      .map((row) => ({ ...row, source: `${name}.${suffix}`, time_s: roundedTime(row.time_s - from) }));
    this.#saveCsv(name, rows);
    say("The recording and its rows are saved.");
  }

  #saveRows() {
    if (this.#log.empty) return say("There is nothing to save yet.");
    this.#saveCsv(`ferkit-${stamp()}`, this.#log.records);
    say(this.#log.cut ? "Saved; the beginning of this long session was dropped." : "Saved.");
  }

  #saveCsv(name, records) {
    const emotions = records.find(({ faces }) => faces.length)?.faces[0].probabilities ?? {};
    const rows = renumbered(records, (id) => this.#people.idOf(id));
    saveFile(`${name}.csv`, toCsv(rows, Object.keys(emotions)), "text/csv");
  }
}

function roundedTime(seconds) {
  return Math.round(seconds * 1e6) / 1e6;
}

const START_TEXT = byId("camera-message").textContent;
