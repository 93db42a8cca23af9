/** Files that are dropped anywhere on the page or pasted into it. */

import { byId } from "./dom.js";
import { complain } from "./messages.js";

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
  const video = files.find(({ type }) => type.startsWith("video/"));
  const photos = files.filter(({ type }) => !type.startsWith("video/"));
  if (photos.length) onPhotos(photos);
  else if (video) onVideo(video);
  else complain(new Error("Nothing usable was dropped; drop photos or one video file."));
}
