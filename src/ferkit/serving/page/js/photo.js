/** One photo of the gallery: its file, its picture on the page, what was found in it. */

export class Photo {
  /**
   * @param {File} file
   * @param {string} name What it is called here and in results.
   */
  constructor(file, name) {
    this.file = file;
    this.name = name;
    this.url = URL.createObjectURL(file);
    this.faces = null; // `Faces` once it is read
    this.error = null; // the sentence that says why it cannot be
    this.face = 0; // the chosen one
  }

  /** Whether the answer is still to come. */
  get waiting() {
    return !this.faces && !this.error;
  }

  /** Forget the answer, since the settings have changed. */
  reset() {
    this.faces = this.error = null;
    this.face = 0;
  }

  release() {
    URL.revokeObjectURL(this.url);
  }
}
