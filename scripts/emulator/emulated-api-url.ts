/**
 * The API's URL on an emulator, from the URL on AWS that the stack outputs. MiniStack and
 * LocalStack use the same form.
 */
export function emulatedApiUrl(endpointUrl: string, apiUrl: string): string {
  const { hostname, pathname } = new URL(apiUrl);
  return `${endpointUrl}/_aws/execute-api/${hostname.split('.')[0]}${pathname.replace(/\/$/, '')}`;
}
