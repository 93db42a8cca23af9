/** Files that are dropped anywhere on the page or pasted into it. */

import { byId } from "./dom.js";
import { complain, say } from "./messages.js";

// Some systems do not know the type of these.
const VIDEO_NAME = /\.(avi|flv|m2ts|m4v|mkv|mov|mp4|mts|ogv|webm|wmv)$/i;

/** @param {{onPhotos: (files: File[]) => void, onVideo: (file: File) => void}} takers */
export function setUpIncoming(takers) {
  const cover = byId("drop-cover");
  let depth = 0;
  const over = (change) => {
    depth = Math.max(depth + change, 0);
    cover.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => carriesFiles(event) && over(1));
  addEventListener("dragleave", (event) => carriesFiles(event) && over(-1));
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    over(0);
    take([...event.dataTransfer.files], takers);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take(files, takers);
  });
}

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

function take(files, { onPhotos, onVideo }) {
  const [video, ...others] = files.filter(isVideo);
  const photos = files.filter((file) => !isVideo(file));
  if (video) onVideo(video);
  if (photos.length) onPhotos(photos);
  if (video && photos.length) say(`${video.name} is read in the view Video meanwhile.`);
  const names = others.map(({ name }) => name).join(", ");
  if (names) complain(new Error(`One video is read at a time; drop again afterwards: ${names}.`));
  if (!files.length) complain(new Error("Nothing usable was dropped; drop photos or one video file."));
}

function isVideo({ type, name }) {
  return type ? type.startsWith("video/") : VIDEO_NAME.test(name);
}
