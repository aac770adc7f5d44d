import { createServer, connect, type Server, type Socket } from "node:net";
import type { Sequence } from "../../ledger/random.ts";

/** What the network does to connections that are opened from now on. */
export interface Weather {
  /** Longest time that a piece of data takes, milliseconds. */
  readonly delay: number;
  /** Share of connections that go silent in both directions without being closed. */
  readonly silent: number;
  /** Share of connections whose data reaches the hub twice, the second time over a connection of its own. */
  readonly doubled: number;
  /** Whether WebSockets are refused, as by a proxy that knows plain requests only. */
  readonly isPlain: boolean;
}

export const calm: Weather = { delay: 0, silent: 0, doubled: 0, isPlain: false };

/** Most pieces of data that a connection passes on before it goes silent. */
const MOST_PIECES = 12;
const REFUSAL = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/** A network between machines and a hub, which may have another port after each start. */
export class Proxy {
  weather = calm;
  /** Port of the hub; 0 while nothing listens. */
  target = 0;
  /** Connections so far, and how many of them went silent or were doubled. */
  readonly counts = { connections: 0, silent: 0, doubled: 0, cut: 0 };
  readonly #random: Sequence;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  constructor(random: Sequence) {
    this.#random = random;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Listens on the loopback interface; resolves with the port. */
  listen(): Promise<number> {
    return new Promise((resolve) =>
      this.#server.listen(0, "127.0.0.1", () => resolve((this.#server.address() as { port: number }).port)),
    );
  }

  /** Resets all connections. */
  cut(): void {
    this.counts.cut += this.#open.size;
    for (const socket of this.#open) socket.resetAndDestroy();
    this.#open.clear();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #accept(machine: Socket): void {
    const { weather } = this;
    this.counts.connections++;
    this.#keep(machine);
    if (this.target === 0) return void machine.resetAndDestroy();
    const isDoubled = this.#random.chance(weather.doubled);
    let left = this.#random.chance(weather.silent) ? this.#random.whole(0, MOST_PIECES) : Infinity;
    if (left < Infinity) this.counts.silent++;
    if (isDoubled) this.counts.doubled++;
    const hubs = Array.from({ length: isDoubled ? 2 : 1 }, () => this.#keep(connect(this.target, "127.0.0.1")));
    const pass = (data: Buffer, to: readonly Socket[]): void => {
      if (left-- > 0) for (const one of to) if (!one.destroyed) one.write(data);
    };
    let isFirst = true;
    this.#pipe(machine, weather.delay, (data) => {
      if (isFirst && weather.isPlain && /upgrade: websocket/i.test(data.toString("latin1"))) machine.end(REFUSAL);
      else pass(data, hubs);
      isFirst = false;
    });
    machine.on("close", () => left > 0 && hubs.forEach((hub) => hub.destroy()));
    for (const [at, hub] of hubs.entries()) {
      // Nobody hears the answers to what arrives twice.
      this.#pipe(hub, weather.delay, (data) => (at === 0 ? pass(data, [machine]) : undefined));
      hub.on("close", () => at === 0 && left > 0 && machine.end());
    }
  }

  /** Passes data on in order, each piece as late as the network makes it. */
  #pipe(from: Socket, delay: number, to: (data: Buffer) => void): void {
    let last = Promise.resolve();
    from.on("data", (data: Buffer) => {
      const ms = delay * this.#random.share();
      last = last.then(() => (ms < 1 ? undefined : Bun.sleep(ms))).then(() => to(data));
    });
  }

  #keep(socket: Socket): Socket {
    this.#open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#open.delete(socket));
    return socket;
  }
}
