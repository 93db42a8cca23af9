/** Puts the page together. */

import { app as booted } from "./boot.js";
import { CameraView } from "./camera_view.js";
import { setColors } from "./colors.js";
import { byId } from "./dom.js";
import { setUpIncoming } from "./incoming.js";
import { complain } from "./messages.js";
import { setUpSettings } from "./model_chooser.js";
import { keepForOffline } from "./offline.js";
import { PhotosView } from "./photos_view.js";
import { setUpTabs } from "./tabs.js";
import { VideoView } from "./video_view.js";

const OFFLINE_AFTER_MS = 1500;

async function start() {
  const app = await booted;
  setColors(app.config.colors);
  const photos = new PhotosView(app);
  const video = new VideoView(app);
  const show = setUpTabs({ photos, camera: new CameraView(app), video });
  setUpSettings(app);
  setUpIncoming({
    onPhotos: (files) => {
      show("photos");
      photos.add(files);
    },
    onVideo: (file) => {
      show("video");
      video.open(file);
    },
  });
  byId("starting").hidden = true;
  // Copies for use without a network must not delay the first photo.
  await app.loading.catch(complain);
  setTimeout(keepForOffline, OFFLINE_AFTER_MS);
}

start().catch((error) => {
  byId("starting").textContent = error.message;
  complain(error);
});
