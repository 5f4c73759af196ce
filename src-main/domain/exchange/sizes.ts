const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Docker's sizes: "8g", "512m", "1073741824", "8GiB". Null for anything else. */
export function readBytes(text: string): number | null {
  const parts = /^(?<number>\d+(?:\.\d+)?)(?<unit>[bkmgt])?(?:i?b)?$/i.exec(text.trim())?.groups;
  if (!parts) return null;
  const unit = UNITS[(parts['unit'] ?? 'b').toLowerCase()] ?? 1;
  const bytes = Number(parts['number']) * unit;
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : null;
}
