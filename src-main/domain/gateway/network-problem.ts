/** Why a server could not be spoken to, in words; `code` is the system's or undici's, `message` the last resort. */
export function networkProblem(code: string | undefined, message: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens on its port';
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
    case 'EPIPE':
      return 'it closed the connection';
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return 'no connection came about in time';
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'it gave no answer in time';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name is not known on this network';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to it on this network';
    default:
      if (code !== undefined && /CERT|SIGNATURE|TLS|SSL/.test(code)) return `its certificate is not trusted (${code})`;
      return code ?? message;
  }
}
