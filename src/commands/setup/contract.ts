import type { RegistryItem } from "../../utils/registry.ts";
import type { Context } from "../contract.ts";

/** Something that `setup` installs beside the line. */
export interface SetupItem extends RegistryItem {
  /** The values of its own argument; absent if it takes none. */
  readonly values?: readonly string[];
  /** Installs it, or removes it, or in a dry run only says what would change. Throws PawprintError. */
  setUp(context: Context, how: SetupRequest): Promise<SetupResult>;
}

/** What was asked of an item. */
export interface SetupRequest {
  /** One of the item's values. */
  readonly value: string | undefined;
  readonly dryRun: boolean;
  readonly remove: boolean;
  /** Only print what would be installed. */
  readonly print: boolean;
  /** Prints a line at once, before the result; nothing where JSON is printed. */
  announce(line: string): void;
}

/** What an item did, as lines for people and as fields for programs. */
export interface SetupResult {
  readonly lines: readonly string[];
  readonly json: object;
}
