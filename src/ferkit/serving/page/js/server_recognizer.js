/** Recognition on the server that this page came from. */

import { sizeOf } from "./engine/read_pixels.js";
import { makeFaces } from "./faces.js";
import { JpegEncoder } from "./jpeg_encoder.js";
import { askForToken, forgetToken, token } from "./token.js";

const JPEG_QUALITY = 0.9;
const MOST_LIVE = 960;
const POLL_MS = 400;
const ENDED = "The server has no room for a live session now; try again soon or compute in this browser.";

export class ServerRecognizer {
  #config;
  #encoder = new JpegEncoder();
  #live = null; // { query, socket, answer }

  /** @param {object} config What `page.json` says. */
  constructor(config) {
    this.#config = config;
  }

  /** The server has its models. */
  async load() {}

  /** Recognise a picture file. */
  async photo(blob, settings) {
    const type = blob.type || "application/octet-stream";
    const response = await this.#fetch(`v1/recognize?${this.#query(settings)}`, {
      method: "POST",
      headers: { "Content-Type": type },
      body: blob,
    });
    const record = onlyRecord(await response.json());
    if (record.error) throw new Error(record.error);
    return this.#faces(record, settings.model);
  }

  /** Recognise a frame, an `ImageBitmap` or a `VideoFrame`, which is used up. */
  async frame(bitmap, settings) {
    const size = sizeOf(bitmap);
    const [jpeg, socket] = await Promise.all([
      this.#encoder.encode(bitmap, { most: MOST_LIVE, quality: JPEG_QUALITY }),
      this.#socket(settings),
    ]);
    // It may have been closed meanwhile, and would never answer.
    if (socket.readyState !== WebSocket.OPEN || this.#live?.socket !== socket) throw new Error(ENDED);
    const text = await new Promise((resolve, reject) => {
      this.#live.answer = { resolve, reject };
      socket.send(jpeg);
    });
    const record = onlyRecord(JSON.parse(text));
    if (!record.faces || record.error) throw new Error(sentence(record));
    return rescaled(this.#faces(record, settings.model), size);
  }

  /** Close the connection of a live session. */
  endLive() {
    this.#live?.socket.close();
    this.#live = null;
  }

  /**
   * Analyse a whole video.
   * @param {File} file
   * @param {AbortSignal} signal
   * @param {(share: number) => void} onProgress
   * @returns {Promise<{looks: object[], problem: ?string}>} The faces of its frames, and what could not be read.
   */
  async video(file, settings, signal, onProgress) {
    const started = await this.#fetch(`v1/videos?${this.#query(settings)}`, {
      method: "POST",
      headers: { "Content-Type": file.type || "application/octet-stream" },
      body: file,
      signal,
    });
    const { id } = await started.json();
    const address = `v1/videos/${encodeURIComponent(id)}`;
    try {
      for (;;) {
        const job = await (await this.#fetch(address, { signal })).json();
        onProgress(job.progress ?? 0);
        if (job.state === "failed") throw new Error(job.error ?? "The server could not read the video.");
        if (job.state === "done") {
          return { looks: await this.#records(job.rows, settings.model, signal), problem: job.error };
        }
        await pause(POLL_MS);
      }
    } finally {
      await this.#fetch(address, { method: "DELETE" }).catch(() => {});
    }
  }

  async #records(address, model, signal) {
    const records = await (await this.#fetch(`${address}?format=json`, { signal })).json();
    const read = records.filter(({ error }) => error === null);
    return read.map((record) => ({ timeS: record.time_s, result: this.#faces(record, model) }));
  }

  #faces(record, name) {
    const model = this.#config.models.find((entry) => entry.name === name);
    const emotions = record.faces.length ? Object.keys(record.faces[0].probabilities) : model.emotions;
    const found = record.faces.map((face) => ({
      box: face.box,
      score: face.face_score,
      probabilities: emotions.map((emotion) => face.probabilities[emotion]),
      id: face.track_id ?? null,
    }));
    return makeFaces(record.image_size, emotions, model.uncertain_below, found);
  }

  async #fetch(address, options = {}) {
    const bearer = token();
    const headers = { ...options.headers, ...(bearer && { Authorization: `Bearer ${bearer}` }) };
    let response;
    try {
      response = await fetch(address, { ...options, headers });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("The server cannot be reached; start it again or compute in this browser.");
    }
    if (response.status === 401) {
      forgetToken();
      if (await askForToken()) return this.#fetch(address, options);
      throw new Error("The server requires a token; ask its operator, or compute in this browser.");
    }
    if (!response.ok) throw new Error(await failure(response));
    return response;
  }

  /** Return the query; omitted parameters have the server's defaults. */
  #query({ model, search, classes, stepS }) {
    const options = { model };
    const { emotions, known } = this.#config.models.find(({ name }) => name === model);
    if (classes === "all" && known.length > emotions.length) options.classes = String(known.length);
    if (stepS) options.fps = String(1 / stepS);
    if (search === "none") options.detector = "none";
    if (search === "high") options.detail = "high";
    return new URLSearchParams(options);
  }

  #socket(settings) {
    const wanted = String(this.#query(settings));
    if (this.#live?.query === wanted && this.#live.socket.readyState === WebSocket.OPEN) {
      return this.#live.socket;
    }
    this.endLive();
    const address = new URL(`v1/live?${wanted}`, document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    const bearer = token();
    const socket = new WebSocket(address, bearer ? ["ferkit", `bearer.${escaped(bearer)}`] : ["ferkit"]);
    const live = { query: wanted, socket, answer: null };
    this.#live = live;
    return new Promise((resolve, reject) => {
      let opened = false;
      socket.onopen = () => {
        opened = true;
        resolve(socket);
      };
      socket.onmessage = ({ data }) => live.answer?.resolve(data);
      socket.onclose = () => {
        live.answer?.reject(new Error(ENDED));
        if (opened) return;
        // A browser does not tell why a handshake failed, but an ordinary request does, and may ask for a token.
        const again = () => (token() === bearer ? reject(new Error(ENDED)) : resolve(this.#socket(settings)));
        this.#fetch("v1/models").then(again, reject);
      };
    });
  }
}

/** Return a token in the characters that the name of a protocol may have. */
function escaped(token) {
  return encodeURIComponent(token).replace(/[()]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
}

/** Return the record of the one picture that was sent. */
function onlyRecord(answer) {
  return Array.isArray(answer) ? answer[0] : answer;
}

/** Return the sentence in an error response. */
async function failure(response) {
  const body = await response.json().catch(() => ({}));
  return sentence(body) ?? `The server refused (${response.status}); try again or compute in this browser.`;
}

function sentence(body) {
  const said = body.detail ?? body.error;
  return typeof said === "string" ? said : undefined;
}

/** Return the faces in pixels of the original frame, of which a smaller copy was sent. */
function rescaled(result, size) {
  const factor = size[0] / result.size[0];
  const faces = result.faces.map((face) => ({ ...face, box: face.box.map((value) => value * factor) }));
  return { ...result, size, faces };
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
