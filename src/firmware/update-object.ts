/** Object 5 of one prefix: what servers do to it becomes events of its machine, and what comes of them is done one after the other. */
import type { UnixMillis } from "../clock.ts";
import type { UpdateEffect, UpdateEvent, UpdateRecord } from "../lwm2m/firmware/firmware-update.ts";
import { UpdateMachine } from "../lwm2m/firmware/update-machine.ts";
import { UPDATE_STATE } from "../lwm2m/firmware/update-result.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import { type Path, parentPath, pathParts } from "../lwm2m/path.ts";
import { badRequest, notAllowed, notDone, notFound } from "../lwm2m/refusals.ts";
import type { PathValue, Sample } from "../lwm2m/sample.ts";
import type { Backing, Commit, ReadOutcome, Reception, TreeModel } from "../lwm2m/tree.ts";
import type { Images, StoredImage } from "./images.ts";
import { PackageReception } from "./package-reception.ts";
import { RESOURCE, updateChanges, updateModel, updateSamples } from "./update-values.ts";

/** What object 5 needs of the rest. What becomes of it is told by `event`. */
export interface UpdatePort {
  /** Resolves when it is on the disk. Rejects with Lwm2mError where it is not. */
  save(record: UpdateRecord): Promise<void>;
  /** These are other values now; they are on the disk. */
  onChange(samples: readonly Sample[]): void;
  /** Fetch it; then `downloaded` or `downloadFailed` is due. */
  download(uri: string): void;
  /** A server has sent it, whole; then `downloaded` or `downloadFailed` is due. Resolves when that is on the disk, or begun. */
  arrived(image: StoredImage): Promise<void>;
  /** Stops what is done for the image that is here, or on its way. Its file is removed after that. Never rejects. */
  discard(): Promise<void>;
  /** Then `updating`, `deferred` or `updateFailed` is told. Resolves when that is on the disk. Rejects with Lwm2mError. */
  start(): Promise<void>;
  now(): UnixMillis;
}

export interface UpdateObjectOptions {
  /** "" is the gateway itself. */
  readonly prefix: string;
  /** Object 5, version 1.2. */
  readonly definition: ObjectDefinition;
  readonly record: UpdateRecord;
  readonly images: Images;
  /** Of an image, in bytes. */
  readonly maxSize: number;
  /** Of those who fetch: resource 8, and the schemes that they know. */
  readonly protocols: readonly number[];
  readonly schemes: ReadonlySet<string>;
  readonly port: UpdatePort;
}

export interface AppliedUpdate {
  readonly record: UpdateRecord;
  settle(): Promise<void>;
}

export class UpdateObject implements Backing {
  readonly prefix: string;
  readonly model: TreeModel;
  private readonly options: UpdateObjectOptions;
  private readonly machine: UpdateMachine;
  /** The Package that a server is sending. */
  private push: PackageReception | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(options: UpdateObjectOptions) {
    const { prefix, definition, record, protocols, port } = options;
    this.options = options;
    this.prefix = prefix;
    this.model = updateModel(definition, protocols);
    this.machine = new UpdateMachine(record, () => port.now());
  }

  get record(): UpdateRecord {
    return this.machine.record;
  }

  /** What stands at the path of a value. */
  latest(path: Path): Sample | undefined {
    const { object, resource = -1, resourceInstance } = pathParts(path);
    if (object === undefined || !this.model.has(object)) return undefined;
    const whole = resourceInstance === undefined ? path : (parentPath(path) ?? path);
    return this.samples(whole, resource).find((sample) => sample.path === path);
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    return resources.map((path) => this.samples(path, pathParts(path).resource ?? -1));
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    const works = values.map((value) => this.writing(value));
    return async () => {
      for (const work of works) await work();
    };
  }

  async execute(resource: Path): Promise<void> {
    const { resource: id } = pathParts(resource);
    if (id === RESOURCE.update) await this.event({ type: "update" });
    else if (id === RESOURCE.cancel) await this.event({ type: "cancel" });
    else throw notAllowed((as) => `${as(resource)} cannot be executed`);
  }

  receive(resource: Path, size?: number): Reception | undefined {
    if (pathParts(resource).resource !== RESOURCE.package) return undefined;
    const { prefix: owner, images, maxSize } = this.options;
    const reception: PackageReception = new PackageReception(
      { owner, images, maxSize, size },
      {
        inTurn: (work) => this.inTurn(work),
        handle: (event) => this.handle(event),
        isCurrent: () => this.push === reception,
        begins: () => {
          this.push = reception;
        },
        arrived: (image) => {
          this.push = undefined;
          return this.options.port.arrived(image);
        },
      },
    );
    return reception;
  }

  /** Resolves when all that follows is on the disk, or begun. Rejects with Lwm2mError where it is refused, or the disk fails. */
  event(event: UpdateEvent): Promise<void> {
    return this.inTurn(() => this.handle(event));
  }

  /**
   * The same for a job, which keeps more than that in one write: `record` is what object 5 is from now on, and must be on the disk
   * before `settle` is called, which does the rest and tells who observes it. Nothing in it is refused. Whatever is asked for meanwhile
   * waits for that: a server that has read what became of one image may send the next one at once.
   */
  apply(event: UpdateEvent): AppliedUpdate {
    const before = this.record;
    const effects = this.machine.handle(event).filter(({ type }) => type !== "refused");
    let onDisk = (): void => {};
    const kept = new Promise<void>((resolve) => {
      onDisk = resolve;
    });
    const done = this.inTurn(async () => {
      await kept;
      for (const effect of effects) {
        if (effect.type === "changed") this.tell(before, effect.record);
        else await this.perform(effect, before);
      }
    });
    // Said by `settle`, to who calls it.
    done.catch(() => {});
    const settle = (): Promise<void> => {
      onDisk();
      return done;
    };
    return { record: this.record, settle };
  }

  /** Waits for what is on its way; nothing can be changed afterwards. A Package that is being sent is lost. */
  async close(): Promise<void> {
    this.closed = true;
    await this.turn;
    await this.push?.leave();
  }

  private samples(path: Path, resource: number): readonly Sample[] {
    const { protocols, port } = this.options;
    return updateSamples(path, resource, { record: this.record, protocols, time: port.now() });
  }

  private writing({ path, value }: PathValue): () => Promise<void> {
    const { resource } = pathParts(path);
    const writesImage = resource === RESOURCE.package || resource === RESOURCE.packageUri;
    if (writesImage && this.record.state === UPDATE_STATE.updating) {
      throw notAllowed("the device is being updated: it can be written when that is over");
    }
    switch (resource) {
      case RESOURCE.package: {
        if (!(value instanceof Uint8Array)) throw badRequest("a Package is bytes");
        return async () => this.receive(path, value.length)?.take(value, true);
      }
      case RESOURCE.packageUri:
        return () => this.event(value === "" ? { type: "reset" } : this.pull(String(value)));
      case RESOURCE.severity: {
        const severity = value === 0 || value === 2 ? value : 1;
        return () => this.event({ type: "set", severity });
      }
      case RESOURCE.deferPeriod:
        return () => this.event({ type: "set", deferPeriod: Number(value) });
      case RESOURCE.automatic:
        return () => this.event({ type: "set", automatic: value === true });
      default:
        throw notFound(path);
    }
  }

  /** What has no scheme at all is wrong, and nobody knows by which protocol: that is found out by fetching it. */
  private pull(uri: string): UpdateEvent {
    const { schemes } = this.options;
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
    const supported = scheme === undefined ? schemes.size > 0 : schemes.has(scheme);
    return { type: "pull", uri, supported };
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(() => {
      if (this.closed) throw notDone("the configuration was changed at this moment; try again");
      return work();
    });
    this.turn = done.catch(() => {});
    return done;
  }

  private async handle(event: UpdateEvent): Promise<void> {
    const before = this.record;
    for (const effect of this.machine.handle(event)) await this.perform(effect, before);
  }

  private tell(before: UpdateRecord, after: UpdateRecord): void {
    const { port, prefix } = this.options;
    port.onChange(updateChanges(prefix, before, after, port.now()));
  }

  private async perform(effect: UpdateEffect, before: UpdateRecord): Promise<void> {
    const { port, images, prefix } = this.options;
    switch (effect.type) {
      case "changed":
        await port.save(effect.record);
        this.tell(before, effect.record);
        break;
      case "download":
        port.download(effect.uri);
        break;
      case "discard":
        await port.discard();
        await this.push?.leave();
        this.push = undefined;
        // What cannot be removed now is removed when the next one begins.
        await images.remove(prefix).catch(() => {});
        break;
      case "start":
        await port.start();
        break;
      case "refused":
        throw effect.error;
      default:
        effect satisfies never;
    }
  }
}
