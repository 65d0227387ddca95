/** Connects a controller to peripherals, one after the other, and gives up those that are not there. */
import type Hci from "@stoprocent/noble/lib/hci-socket/hci.js";
import { type Clock, DeviceError, type Millis, SECOND } from "../../../../../src/adapter.ts";
import { withDeadline } from "../../../../wires/deadline.ts";
import type { ConnectionParameters } from "../../../options.ts";
import type { AddressType } from "../../radio.ts";
import type { LinkEnd } from "./hci-link.ts";
import { statusError } from "./status.ts";

/** What a controller is given to give a connect up. */
const LONGEST_CANCEL: Millis = 2 * SECOND;
const CANCELLED = 0x02;
const COMMAND_DISALLOWED = 0x0c;
const CENTRAL = 0;
/** Units of the interval and of the supervision timeout. */
const INTERVAL_UNIT: Millis = 1.25;
const SUPERVISION_UNIT: Millis = 10;

/** What noble tells of a connect: the status, and what else is known of it. */
type Complete = readonly [
  status: number,
  handle: number | undefined,
  role: number | undefined,
  addressType: AddressType | undefined,
  address: string | undefined,
];

interface Attempt {
  readonly address: string;
  settle(complete: Complete): void;
}

export class Connector {
  private readonly hci: Hci;
  private readonly clock: Clock;
  private readonly parameters: ConnectionParameters;
  private readonly onStuck: (reason: string) => void;
  private attempt: Attempt | undefined;

  constructor(
    hci: Hci,
    clock: Clock,
    { parameters, onStuck }: { readonly parameters: ConnectionParameters; readonly onStuck: (reason: string) => void },
  ) {
    this.hci = hci;
    this.clock = clock;
    this.parameters = parameters;
    this.onStuck = onStuck;
    hci.on("leConnComplete", (...complete: Complete) => this.completed(complete));
  }

  /** `first`: there is no other connection. Rejects where it does not come in time, and is given up by then. */
  async connect(address: string, addressType: AddressType, span: Millis, first: boolean): Promise<LinkEnd> {
    const complete = new Promise<Complete>((resolve) => {
      this.attempt = { address, settle: resolve };
    });
    // noble resets the controller before the first connection: some do not connect otherwise.
    this.hci.createLeConn(address, addressType, this.asked(), first, {});
    try {
      return this.madeOf(await withDeadline(complete, { clock: this.clock, span, late: () => new Late() }), address);
    } catch (error) {
      if (!(error instanceof Late)) throw error;
      return await this.cancel(complete);
    } finally {
      this.attempt = undefined;
    }
  }

  /** Else nobody could be connected to any more. It may be there in the last moment. */
  private async cancel(complete: Promise<Complete>): Promise<never> {
    this.hci.cancelConnect();
    const absent = new DeviceError(
      "unreachable",
      "it does not answer: it is out of reach, off, or connected to somebody else",
    );
    const [status, handle] = await withDeadline(complete, {
      ...{ clock: this.clock, span: LONGEST_CANCEL },
      // Some controllers give up without a word.
      late: () => absent,
    });
    if (status === 0 && handle !== undefined) this.hci.disconnect(handle);
    if (status === 0 || status === CANCELLED) throw absent;
    throw statusError(status, "it cannot be connected to");
  }

  private completed(complete: Complete): void {
    const [status, handle, role, , address] = complete;
    const { attempt } = this;
    // A failure names nobody: there is one attempt at a time.
    const isOurs = status !== 0 || (role === CENTRAL && address === attempt?.address);
    if (attempt !== undefined && isOurs) attempt.settle(complete);
    // Nobody wants it any more.
    else if (status === 0 && handle !== undefined) this.hci.disconnect(handle);
  }

  private madeOf([status, handle, , addressType, address]: Complete, asked: string): LinkEnd {
    if (status === COMMAND_DISALLOWED) this.onStuck("the adapter takes no connects any more");
    if (status !== 0 || handle === undefined) throw statusError(status, "it cannot be connected to");
    return { handle, address: address ?? asked, addressType: addressType ?? "public" };
  }

  private asked(): Parameters<Hci["createLeConn"]>[2] {
    const { interval, latency, supervision } = this.parameters;
    return {
      minInterval: Math.ceil(interval.min / INTERVAL_UNIT),
      maxInterval: Math.floor(interval.max / INTERVAL_UNIT),
      latency,
      timeout: Math.round(supervision / SUPERVISION_UNIT),
    };
  }
}

class Late extends Error {}
