import type { Node } from 'constructs';

export interface EmulatorAddresses {
  readonly tomeUrl: string;
  /** The emulator's address for functions. Absent if the emulator sets it in their environment. */
  readonly awsEndpointUrl: string | undefined;
}

/**
 * The addresses that the starter of the emulator passes as `-c tomeUrl=URL` and, if the emulator
 * does not set it, `-c awsEndpointUrl=URL`. Throws when one of them is no URL.
 */
export function emulatorAddresses(node: Node): EmulatorAddresses {
  return {
    tomeUrl: addressIn(node, 'tomeUrl') ?? 'http://127.0.0.1:8080',
    awsEndpointUrl: addressIn(node, 'awsEndpointUrl'),
  };
}

function addressIn(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^https?:\/\/[^\s/]+$/.test(value)) {
    throw new Error(`local: -c ${name}= must be an http or https URL without a path.`);
  }
  return value;
}
