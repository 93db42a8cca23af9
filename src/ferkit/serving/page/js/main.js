/** Entry point: reads `page.json` and puts the page together. */

import { CameraView } from "./camera_view.js";
import { setColors } from "./colors.js";
import { byId } from "./dom.js";
import { setUpIncoming } from "./incoming.js";
import { complain } from "./messages.js";
import { setUpSettings } from "./model_chooser.js";
import { keepForOffline } from "./offline.js";
import { PhotosView } from "./photos_view.js";
import { RecognizerChoice } from "./recognizer_choice.js";
import { Settings } from "./settings.js";
import { setUpTabs } from "./tabs.js";
import { VideoView } from "./video_view.js";

async function start() {
  const response = await fetch("page.json");
  if (!response.ok) throw new Error("The file page.json is missing here; write the page again.");
  const config = await response.json();
  setColors(config.colors);
  const app = { config, settings: new Settings(config), recognizer: new RecognizerChoice(config) };
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
  // The networks come while the user still looks around.
  app.recognizer.load(app.settings).catch(complain);
  keepForOffline();
}

start().catch((error) => {
  byId("starting").textContent = error.message;
  complain(error);
});
