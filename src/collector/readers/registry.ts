import type { Store } from "../../sources/contract.ts";
import type { StoreReader } from "./contract.ts";
import { documentStoreReader } from "./document.ts";
import { lineStoreReader } from "./lines.ts";
import { tableStoreReader } from "./tables.ts";

const readers = { lines: lineStoreReader, document: documentStoreReader, tables: tableStoreReader };

/** Returns the reader for a store. */
export const readerFor = (store: Store): StoreReader => readers[store.kind];
