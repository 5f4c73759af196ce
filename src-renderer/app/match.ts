/**
 * How well `text` answers `query`: 0 for not at all. A word's beginning counts more than its middle, letters scattered
 * in order count least. An empty query matches everything alike.
 */
export function matchScore(query: string, text: string): number {
  const wanted = query.trim().toLowerCase();
  const searched = text.toLowerCase();
  if (wanted === '') return 1;
  if (searched.startsWith(wanted)) return 5;
  if (searched.includes(` ${wanted}`)) return 4;
  if (wanted.split(/\s+/).every((word) => searched.includes(word))) return 3;
  return inOrder(wanted.replaceAll(' ', ''), searched) ? 2 : 0;
}

function inOrder(letters: string, text: string): boolean {
  let position = 0;
  for (const letter of letters) {
    position = text.indexOf(letter, position) + 1;
    if (position === 0) return false;
  }
  return true;
}
