/** A file is no archive of ours, or it is damaged, or hostile; the message says what and where. */
export class ArchiveError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ArchiveError";
  }
}
