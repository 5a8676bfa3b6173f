/** Where an emulator serves the API whose address on AWS a stack's output names: MiniStack and LocalStack alike. */
export function emulatedApiUrl(endpointUrl: string, apiUrl: string): string {
  const { hostname, pathname } = new URL(apiUrl);
  return `${endpointUrl}/_aws/execute-api/${hostname.split('.')[0]}${pathname.replace(/\/$/, '')}`;
}
