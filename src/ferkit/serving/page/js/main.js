/** Puts the page together. */

import { app as booted } from "./boot.js";
import { setColors } from "./colors.js";
import { byId } from "./dom.js";
import { setUpIncoming } from "./incoming.js";
import { LaterView } from "./later_view.js";
import { complain } from "./messages.js";
import { setUpSettings } from "./model_chooser.js";
import { keepForOffline } from "./offline.js";
import { PhotosView } from "./photos_view.js";
import { setUpTabs } from "./tabs.js";

const OFFLINE_AFTER_MS = 1500;

async function start() {
  const app = await booted;
  setColors(app.config.colors);
  const photos = new PhotosView(app);
  const camera = new LaterView(byId("camera"), async () => {
    const { CameraView } = await import("./camera_view.js");
    return new CameraView(app);
  });
  const video = new LaterView(byId("video"), async () => {
    const { VideoView } = await import("./video_view.js");
    return new VideoView(app);
  });
  const show = setUpTabs({ photos, camera, video });
  setUpSettings(app);
  setUpIncoming({
    onPhotos: (files) => {
      show("photos");
      photos.add(files);
    },
    onVideo: (file) => {
      show("video");
      video.load().then((view) => view.open(file), complain);
    },
  });
  byId("starting").hidden = true;
  // Neither the other views nor copies for use without a network must delay the first photo.
  await app.loading.catch(complain);
  await Promise.all([camera.load(), video.load()]).catch(complain);
  setTimeout(keepForOffline, OFFLINE_AFTER_MS);
}

start().catch((error) => {
  byId("starting").textContent = error.message;
  complain(error);
});
