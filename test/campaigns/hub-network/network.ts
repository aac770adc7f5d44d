import { $ } from "bun";

/** A host of the network: a network namespace with one address. */
export interface NetworkHost {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
}

/** Hosts in network namespaces of their own, joined by a bridge that stands in another one. Needs root. */
export class Network {
  readonly hosts: readonly NetworkHost[];
  readonly #bridge: string;

  private constructor(names: readonly string[], mark: string) {
    this.#bridge = `${mark}-bridge`;
    this.hosts = names.map((name, index) => ({
      name,
      namespace: `${mark}-${name}`,
      address: `10.77.0.${index + 1}`,
    }));
  }

  /** Makes the namespaces; `mark` begins their names. */
  static async open(names: readonly string[], mark: string): Promise<Network> {
    const network = new Network(names, mark);
    const bridge = network.#bridge;
    await $`ip netns add ${bridge}`.quiet();
    await $`ip -n ${bridge} link add bridge0 type bridge`.quiet();
    await $`ip -n ${bridge} link set bridge0 up`.quiet();
    for (const { namespace, address, name } of network.hosts) {
      await $`ip netns add ${namespace}`.quiet();
      await $`ip -n ${namespace} link set lo up`.quiet();
      await $`ip -n ${namespace} link add eth0 type veth peer name ${name} netns ${bridge}`.quiet();
      await $`ip -n ${namespace} address add ${address}/24 dev eth0`.quiet();
      await $`ip -n ${namespace} link set eth0 up`.quiet();
      await $`ip -n ${bridge} link set ${name} master bridge0 up`.quiet();
    }
    return network;
  }

  host(name: string): NetworkHost {
    const found = this.hosts.find((one) => one.name === name);
    if (!found) throw new Error(`no host ${name}`);
    return found;
  }

  /** Takes a host off the network, or puts it back: connections are neither closed nor refused, packets are lost. */
  async cut(name: string, isCut: boolean): Promise<void> {
    await $`ip -n ${this.#bridge} link set ${name} ${isCut ? "down" : "up"}`.quiet();
  }

  /** The words before a command that runs it on a host. */
  on(name: string): string[] {
    return ["ip", "netns", "exec", this.host(name).namespace];
  }

  async close(): Promise<void> {
    for (const { namespace } of this.hosts) await $`ip netns del ${namespace}`.quiet().nothrow();
    await $`ip netns del ${this.#bridge}`.quiet().nothrow();
  }
}
