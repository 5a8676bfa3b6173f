import type { Clock } from '../../tokenization/ports/clock.ts';
import type { Namespace, Operation } from '../contract/contract.ts';
import { pathOf } from '../profile/path-of.ts';
import type { TomeProfile } from '../profile/tome-profile.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { TomeConnections } from './tome-connections.ts';

export interface TomeAddress {
  /** Of the namespaces that have no URL in the profile. */
  readonly baseUrl: string;
  readonly profile: TomeProfile;
  readonly certificate?: ClientCertificate | undefined;
}

/** Where an operation is, and the connections to it. */
export interface TomeEndpoint {
  readonly connections: TomeConnections;
  /** Below the base URL of the connections. */
  readonly path: string;
}

/** The operations of a TOME at their addresses. Namespaces with one URL share their connections. */
export class TomeEndpoints {
  readonly profile: TomeProfile;
  readonly #connections: Readonly<Record<Namespace, TomeConnections>>;

  constructor({ baseUrl, profile, certificate }: TomeAddress, clock: Pick<Clock, 'monotonicMs'>) {
    const { ns1, ns2 } = profile.namespaces;
    const [first = baseUrl, second = baseUrl] = [ns1.url, ns2.url];
    const connections = new TomeConnections(first, clock, { certificate });
    this.profile = profile;
    this.#connections = {
      ns1: connections,
      ns2: first === second ? connections : new TomeConnections(second, clock, { certificate }),
    };
  }

  of(namespace: Namespace, operation: Operation): TomeEndpoint {
    return { connections: this.#connections[namespace], path: pathOf(this.profile, namespace, operation) };
  }
}
