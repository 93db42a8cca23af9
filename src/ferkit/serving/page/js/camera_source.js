/** The camera: opened, closed, and the list to choose from. */

export class CameraSource {
  #video;
  #stream = null;
  #turn = 0;

  /** @param {HTMLVideoElement} video Shows the picture. */
  constructor(video) {
    this.#video = video;
  }

  /**
   * Open a camera and play it.
   * @param {string} [deviceId] Which one; none: the browser's choice.
   * @param {() => void} onLost Called when it is unplugged or the permission is withdrawn.
   * @returns {Promise<boolean>} Whether it is open: not if it was closed, or another one opened, while the user was
   *   asked for permission.
   */
  async open(deviceId, onLost) {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "SecurityError");
    this.close();
    const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
    if (deviceId) wanted.deviceId = { exact: deviceId };
    const turn = this.#turn;
    const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    if (turn !== this.#turn) {
      for (const track of stream.getTracks()) track.stop();
      return false;
    }
    this.#stream = stream;
    this.#stream.getVideoTracks()[0].addEventListener("ended", onLost);
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    return turn === this.#turn;
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
    this.#turn++;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }
}
