import { Ledger } from "../../ledger/sqlite/Ledger.ts";
import type { OffsetInterval } from "../../model/calendar.ts";
import { messageOf, PawprintError } from "../../utils/errors.ts";
import { printLine } from "../../utils/terminal.ts";
import { priceTable } from "../../pricing/price-table.ts";
import type { PriceTable } from "../../model/price.ts";
import { routes } from "../routes/registry.ts";
import type { ReaderPlaces, ReaderReply, ReaderRequest } from "./messages.ts";
import { hubPlace } from "./place.ts";

/**
 * Answers the requests on stdin from a read-only connection to the hub's file, one line each, until stdin ends. The first line
 * has the places.
 */
export async function serveReader(): Promise<void> {
  const lines = linesOf(Bun.stdin.stream());
  const first = await lines.next();
  if (first.done) return;
  const { store, pets } = JSON.parse(first.value) as ReaderPlaces;
  let opened: { readonly ledger: Ledger; readonly prices: PriceTable } | null = null;
  for await (const line of lines) {
    const request = JSON.parse(line) as ReaderRequest;
    try {
      const { ledger, prices } = (opened ??= {
        ledger: new Ledger(store, () => "", { profile: "hub", isReadOnly: true }),
        prices: await priceTable(pets),
      });
      const { identity, now } = request;
      const read = routes.find(({ name }) => name === request.route)?.read;
      if (!read) throw new PawprintError("not_found", `no route reads as ${request.route}`, "update the hub");
      const days: OffsetInterval[] = [];
      const keepDays = (intervals: readonly OffsetInterval[]): void => void days.push(...intervals);
      const place = { ...hubPlace(ledger, prices, now), keepDays };
      const answer = await read(request.params, { ledger, place, identity });
      reply({ id: request.id, answer, days });
    } catch (error) {
      const { code, hint } = error instanceof PawprintError ? error : { code: "internal", hint: "see the hub's log" };
      reply({ id: request.id, error: { code, message: messageOf(error), hint } });
    }
  }
}

const reply = (one: ReaderReply): void => printLine(JSON.stringify(one));

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let held = "";
  for await (const bytes of stream) {
    const [first = "", ...more] = decoder.decode(bytes, { stream: true }).split("\n");
    held += first;
    for (const part of more) {
      yield held;
      held = part;
    }
  }
  return undefined;
}
