/** The camera: opened, closed, and the list to choose from. */

export class CameraSource {
  #video;
  #stream = null;

  /** @param {HTMLVideoElement} video Shows the picture. */
  constructor(video) {
    this.#video = video;
  }

  /**
   * Open a camera and play it.
   * @param {string} [deviceId] Which one; none: the browser's choice.
   * @param {() => void} onLost Called when it is unplugged or the permission is withdrawn.
   */
  async open(deviceId, onLost) {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "SecurityError");
    this.close();
    const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
    if (deviceId) wanted.deviceId = { exact: deviceId };
    this.#stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    this.#stream.getVideoTracks()[0].addEventListener("ended", onLost);
    this.#video.srcObject = this.#stream;
    await this.#video.play();
  }

  /** The camera that is open. */
  get deviceId() {
    return this.#stream?.getVideoTracks()[0].getSettings().deviceId ?? "";
  }

  /** Return all cameras; browsers reveal their names only after access to one was allowed. */
  async devices() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput");
  }

  close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }
}
