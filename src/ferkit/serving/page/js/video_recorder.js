/** A video with its boxes drawn in, recorded while it plays once from the beginning. */

import { blurFaces, drawFaces } from "./annotate.js";
import { ready } from "./video_scan.js";

const FORMATS = [
  ["video/mp4;codecs=avc1.42E01E,mp4a.40.2", "mp4"],
  ["video/mp4", "mp4"],
  ["video/webm;codecs=vp9,opus", "webm"],
  ["video/webm", "webm"],
];
const BITS_PER_SECOND = 6_000_000;

/**
 * Start to record a stream.
 * @param {MediaStream} stream
 * @returns {{stop: () => Promise<{blob: Blob, suffix: string}>}}
 */
export function startRecorder(stream) {
  const [type, suffix] = FORMATS.find(([format]) => window.MediaRecorder?.isTypeSupported(format)) ?? [];
  if (!type) throw new Error("This browser cannot record videos; use `ferkit video --annotate` instead.");
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: BITS_PER_SECOND });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start(1000);
  return {
    async stop() {
      if (recorder.state !== "inactive") recorder.stop();
      await stopped;
      return { blob: new Blob(parts, { type: type.split(";")[0] }), suffix };
    },
  };
}

/**
 * @param {object} job
 * @param {string} job.url Of the file.
 * @param {(timeS: number) => import("./faces.js").Face[]} job.facesAt
 * @param {(id: number) => string} job.nameOf
 * @param {(timeS: number, size: number[]) => number[][]} job.hiddenAt Boxes to blur.
 * @param {AbortSignal} job.signal
 * @param {(share: number) => void} job.onProgress
 * @returns {Promise<{blob: Blob, suffix: string}>}
 */
export async function recordVideo({ url, facesAt, nameOf, hiddenAt, signal, onProgress }) {
  const video = document.createElement("video");
  video.playsInline = true;
  video.src = url;
  await ready(video);
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext("2d");
  const size = [canvas.width, canvas.height];

  const draw = (timeS) => {
    const faces = facesAt(timeS);
    context.drawImage(video, 0, 0);
    blurFaces(context, video, hiddenAt(timeS, size), { size });
    drawFaces(context, faces, { size, nameOf });
    onProgress(Math.min(timeS / video.duration, 1));
  };
  let recorder = null;
  try {
    draw(0);
    const stream = canvas.captureStream();
    addSound(stream, video);
    recorder = startRecorder(stream);
    await play(video, draw, signal);
    return await recorder.stop();
  } finally {
    recorder?.stop(); // also after a cancellation
    video.removeAttribute("src");
    video.load();
  }
}

/** Record the sound without playing it aloud. */
function addSound(stream, video) {
  try {
    const audio = new AudioContext();
    const output = audio.createMediaStreamDestination();
    audio.createMediaElementSource(video).connect(output);
    for (const track of output.stream.getAudioTracks()) stream.addTrack(track);
    video.addEventListener("emptied", () => audio.close(), { once: true });
  } catch {
    video.muted = true; // without sound rather than not at all
  }
}

/** Play to the end and draw each frame at its own time. */
async function play(video, draw, signal) {
  await video.play();
  await new Promise((resolve, reject) => {
    const stop = () => {
      video.pause();
      reject(new DOMException("", "AbortError"));
    };
    signal.addEventListener("abort", stop, { once: true });
    video.addEventListener("ended", resolve, { once: true });
    video.addEventListener("error", () => reject(new Error("The video broke off while it was recorded.")));
    const next = (_, frame) => {
      draw(frame?.mediaTime ?? video.currentTime);
      if (!video.ended && !signal.aborted) wait();
    };
    const wait = () =>
      "requestVideoFrameCallback" in video
        ? video.requestVideoFrameCallback(next)
        : requestAnimationFrame(next);
    wait();
  });
}
