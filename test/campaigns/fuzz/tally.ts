import type { Fate } from "./usage-record.ts";

/** What a campaign saw. */
export class Tally {
  /** Damaged records and files. */
  records = 0;
  /** Responses of intact records beside them that were looked for. */
  neighbours = 0;
  readonly fates: Record<Fate, number> = { counted: 0, named: 0, harmless: 0, lost: 0, unnamed: 0 };
  readonly failed: string[] = [];

  /** What became of a damaged record of usage. */
  tell(fate: Fate, what: string, bytes: Buffer): void {
    this.fates[fate]++;
    if (fate === "lost" || fate === "unnamed") this.failed.push(`${what} is ${fate}: ${brief(bytes.toString())}`);
  }

  /** Does something that must not throw; what was read is told where it does. */
  async try(what: string, read: Buffer | string, run: () => void | Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.failed.push(`${what}: ${brief(Bun.inspect(error))} ${brief(read.toString())}`);
    }
  }
}

/** A text of which what is repeated is told once. */
const brief = (text: string): string =>
  text
    .replaceAll(/(.{1,8}?)\1{20,}/gs, (all: string, one: string) => `${one}*${all.length / one.length}`)
    .slice(0, 3_000);
