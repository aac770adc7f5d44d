import { version } from "../../../package.json";
import { openLedgerFor } from "../../cli/report-command.ts";
import { HubSender } from "../../sync/HubSender.ts";
import { answerHub, type ByteStreams } from "../../sync/stream-link.ts";
import type { Context } from "../contract.ts";
import { checkSettings } from "../../install/machine.ts";
import { outcomeOf, warningsOf } from "./outcome.ts";
import { scanAll } from "../hub-target/scan.ts";

/**
 * Sends this machine's rows to the hub at the other end of standard input and output: see pawprint pull. The hub says under
 * which identity it stores them; this machine's settings say how much leaves. Nothing else is written to standard output.
 */
export async function overStandardStreams(context: Context): Promise<number> {
  checkSettings(context, "hub");
  const { clock, places, settings, warn } = context;
  const output = new StandardOutput();
  const { opening, open } = await answerHub(output.streams, version);
  using opened = openLedgerFor(context);
  await scanAll(context, opened);
  const { key, level, machine, name } = opening;
  // The login of this machine, which may be at the same hub, has another cursor.
  const identity = { hub: `${opening.hub} ${machine}`, key, machine, name, program: version };
  const sender = new HubSender({ ledger: opened.ledger, identity, settings, most: level, places, clock });
  const runner = sender.runner(open);
  await runner.untilDone(0);
  await runner.sayDone();
  const { pending } = outcomeOf(sender);
  sender.save();
  sender.client.end();
  await output.done;
  for (const line of warningsOf(sender)) warn(`pawprint: ${line}`);
  return pending === 0 ? 0 : 1;
}

/** Standard output as a sink of bytes, which is written in order. */
class StandardOutput {
  readonly #sink = Bun.stdout.writer();
  /** Resolves when everything is written, or the reader is gone. */
  done: Promise<void> = Promise.resolve();

  get streams(): ByteStreams {
    return {
      input: Bun.stdin.stream(),
      write: (bytes) => {
        void this.#sink.write(bytes);
        this.#after(() => this.#sink.flush());
      },
      end: () => this.#after(() => this.#sink.end()),
    };
  }

  #after(step: () => unknown): void {
    this.done = this.done.then(step).then(
      () => undefined,
      () => undefined,
    );
  }
}
