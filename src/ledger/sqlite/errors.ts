import { ledgerError } from "./database.ts";

/** Wraps an object so that its methods and properties throw what `ledgerError` makes of their errors. */
export function withLedgerErrors<T extends object>(target: T, path: string): T {
  const orError = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      throw ledgerError(path, error);
    }
  };
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = orError(() => Reflect.get(target, name, target));
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => orError(() => Reflect.apply(value, target, args));
    },
  });
}
