/** A platform for which there is a package with a compiled executable. */
export interface Platform {
  /** The package's name is "pawprint-" and this. */
  readonly name: string;
  /** As Node and npm write them. */
  readonly os: "linux" | "darwin" | "win32";
  readonly cpu: "x64" | "arm64";
  /** The C library of a Linux; null elsewhere. */
  readonly libc: "glibc" | "musl" | null;
  /**
   * What Bun compiles for. On x64 always its baseline, which runs without AVX2: a package cannot ask for CPU features, and
   * in a virtual machine an executable that needs them ends with "illegal instruction".
   */
  readonly target: string;
}

/** All platforms with a package. */
export const platforms: readonly Platform[] = [
  { name: "linux-x64", os: "linux", cpu: "x64", libc: "glibc", target: "bun-linux-x64-baseline" },
  { name: "linux-arm64", os: "linux", cpu: "arm64", libc: "glibc", target: "bun-linux-arm64" },
  { name: "linux-x64-musl", os: "linux", cpu: "x64", libc: "musl", target: "bun-linux-x64-musl-baseline" },
  { name: "linux-arm64-musl", os: "linux", cpu: "arm64", libc: "musl", target: "bun-linux-arm64-musl" },
  { name: "darwin-x64", os: "darwin", cpu: "x64", libc: null, target: "bun-darwin-x64-baseline" },
  { name: "darwin-arm64", os: "darwin", cpu: "arm64", libc: null, target: "bun-darwin-arm64" },
  { name: "windows-x64", os: "win32", cpu: "x64", libc: null, target: "bun-windows-x64-baseline" },
];

/** The platform of a machine; null if there is no package for it. */
export const platformOf = (os: string, cpu: string, libc: Platform["libc"]): Platform | null =>
  platforms.find((one) => one.os === os && one.cpu === cpu && one.libc === libc) ?? null;

/** The name of a platform's package. */
export const packageOf = ({ name }: Platform): string => `pawprint-${name}`;

/** The path of the executable within a platform's package. */
export const executableIn = ({ os }: Platform): string => (os === "win32" ? "bin/pawprint.exe" : "bin/pawprint");
