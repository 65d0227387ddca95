/** Bodies of one server that come in parts, each on its way to where it is kept. */
import type { Part, StreamId } from "../coap/endpoint.ts";
import type { Path } from "../lwm2m/path.ts";
import { notAllowed } from "../lwm2m/refusals.ts";
import type { ObjectTree, Reception } from "../lwm2m/tree.ts";
import { SparseMap } from "../sparse-map.ts";

export class Streams {
  private readonly open = new SparseMap<StreamId, Reception>();

  /**
   * Takes the next part, or a body that comes whole. Resolves to how much there was, where that was the last; to undefined also for a
   * body that is to be written as any other. Rejects with Lwm2mError, and then nothing more of it is taken.
   */
  async take(tree: ObjectTree, path: Path, bytes: Uint8Array, part: Part | undefined): Promise<number | undefined> {
    if (part === undefined) {
      const reception = tree.receive(path, bytes.length);
      await reception?.take(bytes, true);
      return reception === undefined ? undefined : bytes.length;
    }
    const { stream, offset, last } = part;
    const reception = offset === 0 ? begin(tree, path, part) : this.open.get(stream);
    if (reception === undefined) throw notAllowed(`what began ${path} is not there any more: begin with block 0`);
    this.open.set(stream, reception);
    try {
      await reception.take(bytes, last);
    } catch (error) {
      this.open.delete(stream);
      throw error;
    }
    if (last) this.open.delete(stream);
    return last ? offset + bytes.length : undefined;
  }

  /** Nothing more comes. */
  broken(stream: StreamId): void {
    const reception = this.open.get(stream);
    this.open.delete(stream);
    reception?.abandon();
  }
}

function begin(tree: ObjectTree, path: Path, { size, last }: Part): Reception {
  const reception = tree.receive(path, size);
  if (reception === undefined) throw notAllowed(`${path} cannot be written in ${last ? "this way" : "blocks"}`);
  return reception;
}
