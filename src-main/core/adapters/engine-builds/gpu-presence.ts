import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Which makers' GPUs the machine has, as the kernel sees them; true drivers and libraries are another question. */
export interface GpuPresence {
  readonly nvidia: boolean;
  /** The kernel part of NVIDIA's driver is loaded. */
  readonly nvidiaDriver: boolean;
  readonly amd: boolean;
  readonly intel: boolean;
}

/** PCI vendor ids, https://pci-ids.ucw.cz. */
const NVIDIA = '0x10de';
const AMD = '0x1002';
const INTEL = '0x8086';

/** Looks into /proc, /dev and /sys below `root`; what cannot be read counts as absent. Costs a few milliseconds. */
export async function findGpus(root = '/'): Promise<GpuPresence> {
  const [driver, devices, vendors] = await Promise.all([
    names(join(root, 'proc/driver/nvidia/gpus')),
    names(join(root, 'dev')),
    displayVendors(join(root, 'sys/bus/pci/devices')),
  ]);
  // /dev/dxg is how a Linux inside Windows sees any GPU; the driver's own library there is NVIDIA's.
  const wsl = devices.includes('dxg') && (await names(join(root, 'usr/lib/wsl/lib'))).includes('libcuda.so.1');
  const nvidiaDriver = driver.length > 0 || devices.some((name) => /^nvidia\d+$/.test(name)) || wsl;
  return {
    nvidia: nvidiaDriver || vendors.has(NVIDIA),
    nvidiaDriver,
    amd: vendors.has(AMD),
    intel: vendors.has(INTEL),
  };
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Vendors of the PCI devices of class 0x03: display controllers. */
async function displayVendors(folder: string): Promise<Set<string>> {
  const read = (file: string) => readFile(file, 'utf8').catch(() => '');
  const found = await Promise.all(
    (await names(folder)).map(async (device) => {
      const kind = await read(join(folder, device, 'class'));
      return kind.startsWith('0x03') ? (await read(join(folder, device, 'vendor'))).trim() : '';
    }),
  );
  return new Set(found.filter((vendor) => vendor !== ''));
}
