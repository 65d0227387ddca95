/** The load generator as the benchmarks see it: a process of its own that plays the LwM2M Server. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type {
  Answers,
  DrainFigures,
  DrainOrder,
  GetFigures,
  GetOrder,
  NotificationsFigures,
  NotificationsOrder,
  Order,
  ReadsFigures,
  ReadsOrder,
  RegistrationFigures,
  RegistrationsFigures,
  RegistrationsOrder,
  Security,
} from "./orders.ts";

type Reply<Type extends Order["type"]> = { readonly answer: Answers[Type] } | { readonly error: string };

export class Generator {
  private readonly child: ChildProcess;

  constructor() {
    // Its own garbage must not look like the latency of what it measures.
    const execArgv = ["--max-semi-space-size=32"];
    this.child = fork(fileURLToPath(new URL("./process.ts", import.meta.url)), { execArgv, serialization: "advanced" });
  }

  /** Opens a new server, in place of the one before; resolves with its port on 127.0.0.1. */
  async listen(security: Security = "none"): Promise<number> {
    return (await this.order<"listen">({ type: "listen", security })).port;
  }

  /** Resolves when a client has registered; rejects after so many milliseconds. */
  registration(limit: number): Promise<RegistrationFigures> {
    return this.order<"registration">({ type: "registration", limit });
  }

  /** Resolves when so many clients have registered. */
  registrations(order: RegistrationsOrder): Promise<RegistrationsFigures> {
    return this.order<"registrations">({ type: "registrations", ...order });
  }

  get(order: GetOrder): Promise<GetFigures> {
    return this.order<"get">({ type: "get", ...order });
  }

  reads(order: ReadsOrder): Promise<ReadsFigures> {
    return this.order<"reads">({ type: "reads", ...order });
  }

  notifications(order: NotificationsOrder): Promise<NotificationsFigures> {
    return this.order<"notifications">({ type: "notifications", ...order });
  }

  /** From the registration of the client on. */
  drain(order: DrainOrder): Promise<DrainFigures> {
    return this.order<"drain">({ type: "drain", ...order });
  }

  close(): void {
    this.child.kill();
  }

  /** One order at a time. */
  private order<Type extends Order["type"]>(order: Order & { readonly type: Type }): Promise<Answers[Type]> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error("the load generator ended"));
      this.child.once("exit", onExit);
      this.child.once("message", (reply: Reply<Type>) => {
        this.child.off("exit", onExit);
        if ("error" in reply) reject(new Error(reply.error));
        else resolve(reply.answer);
      });
      this.child.send(order);
    });
  }
}
