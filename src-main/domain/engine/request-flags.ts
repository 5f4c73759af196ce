/**
 * Flags that say what each request should: people know them from command line programs of llama.cpp and from clients. The
 * gateway fills in such defaults itself, on both engines alike, so none of them may stand among one's own flags.
 */
const FIELDS: Readonly<Record<string, string>> = {
  '--temperature': 'temperature',
  '--temp': 'temperature',
  '--top-p': 'top_p',
  '--top-k': 'top_k',
  '--min-p': 'min_p',
  '--repetition-penalty': 'repetition_penalty',
  '--repeat-penalty': 'repetition_penalty',
  '--frequency-penalty': 'frequency_penalty',
  '--presence-penalty': 'presence_penalty',
  '--max-tokens': 'max_tokens',
  '--n-predict': 'max_tokens',
  '--stop': 'custom_request_json',
};

/** Why a flag is one of a request and not of an engine; null when it is not. */
export function requestRefusal(flag: string): string | null {
  if (flag === '--stream') return `${flag} is no engine flag: each request says itself whether it wants a stream`;
  const field = FIELDS[flag];
  return field === undefined ? null : `${flag} is a request default; set the field "${field}" instead`;
}
