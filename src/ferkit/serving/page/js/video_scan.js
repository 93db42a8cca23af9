/** Analysis of a whole video: at each step, a frame is shown, read, tracked and smoothed. */

import { withTracks } from "./faces.js";
import { Smoother } from "./smoother.js";
import { Tracker } from "./tracker.js";

const SEEK_MS = 10_000;
const FAR_S = 1e7; // longer than any video

/**
 * Read a video in this tab.
 * @param {object} job
 * @param {string} job.url Of the file.
 * @param {number} job.stepS Seconds between two frames.
 * @param {(bitmap: ImageBitmap) => Promise<import("./faces.js").Faces>} job.ask
 * @param {object} job.config What `page.json` says.
 * @param {AbortSignal} job.signal
 * @yields {{timeS: number, share: number, result: import("./faces.js").Faces}}
 */
export async function* scanVideo({ url, stepS, ask, config, signal }) {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "auto";
  video.src = url;
  await ready(video);
  const tracker = new Tracker(Math.max(config.lost_s, 2 * stepS));
  const smoother = new Smoother(config.smooth_s);
  try {
    for (let i = 0; i * stepS < video.duration && !signal.aborted; i++) {
      const timeS = i * stepS;
      await seek(video, timeS);
      const answer = await ask(await createImageBitmap(video));
      const ids = tracker.update(answer.faces.map(({ box }) => box), timeS);
      const rows = smoother.update(ids, answer.faces.map((face) => face.probabilities), timeS);
      const result = withTracks(answer, ids, rows);
      yield { timeS, share: Math.min((timeS + stepS) / video.duration, 1), result };
    }
  } finally {
    video.removeAttribute("src");
    video.load(); // lets go of the file
  }
}

async function seek(video, timeS) {
  if (video.currentTime === timeS && video.readyState >= video.HAVE_CURRENT_DATA) return;
  const seeked = event(video, "seeked");
  video.currentTime = timeS;
  await seeked;
}

/** Wait until a video can be shown and its length is known: files that browsers record do not contain it. */
export async function ready(video) {
  await event(video, "loadeddata");
  if (video.duration !== Infinity) return;
  await seek(video, FAR_S); // the end
  await seek(video, 0);
}

/** Wait for an event, but not forever if the video breaks off. */
export function event(video, name) {
  return new Promise((resolve, reject) => {
    const fail = () => {
      done();
      reject(new Error(BROKEN));
    };
    const timer = setTimeout(fail, SEEK_MS);
    const succeed = () => {
      done();
      resolve();
    };
    const done = () => {
      clearTimeout(timer);
      video.removeEventListener(name, succeed);
      video.removeEventListener("error", fail);
    };
    video.addEventListener(name, succeed);
    video.addEventListener("error", fail);
  });
}

const BROKEN =
  "This browser cannot play the file; choose an MP4 (H.264) or WebM video, or compute on the server.";
