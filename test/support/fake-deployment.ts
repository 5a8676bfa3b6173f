import { randomUUID } from 'node:crypto';
import {
  type LoopbackServer,
  type ReceivedRequest,
  startLoopbackServer,
} from '../../scripts/program/loopback/loopback-server.ts';

interface FakeStack {
  status: string;
  outputs: Record<string, string>;
  readonly resources: { readonly type: string; readonly id: string }[];
}

/** The metrics of one request of the API, as the handlers count them. */
interface CountedRequest {
  readonly operation: string;
  readonly status: number;
  readonly calls: number;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * The account of an environment on a loopback server: the requests to AWS that `verify` makes, in
 * the protocols of the AWS clients, and the API of its domain `card`. A test changes the fields.
 */
export class FakeDeployment {
  readonly stacks = new Map<string, FakeStack>();
  readonly alarms = new Map<string, string>();
  readonly queues = new Map<string, number>();
  readonly subscriptions = new Map<string, { readonly endpoint: string; arn: string }[]>();
  /** Actions that are answered with a code and a status, such as AccessDenied. */
  readonly refusals = new Map<string, { readonly code: string; readonly status: number }>();
  readonly requests: CountedRequest[] = [];
  readonly actions: string[] = [];
  /** Calls to TOME for one creation. */
  callsOfCreation = 1;
  available = 100;
  mayDetokenize = true;
  writesAudit = true;
  /** Whether the metrics have arrived in CloudWatch. */
  hasMetrics = true;
  /** The lines of every log group, if they are not those of this API. */
  readLog: () => readonly string[] = () => this.#auditLines;
  /** The values of a metric, if they are not those of this API. */
  readMetric: (metric: AskedMetric) => readonly number[] = (metric) => this.#valuesOf(metric);
  /** A repeated creation gets another reference. */
  forgetsKeys = false;
  readonly #references = new Map<string, string>();
  readonly #auditLines: string[] = [];
  readonly #keys = new Map<string, string>();
  #server: LoopbackServer | null = null;

  async start(): Promise<string> {
    this.#server = await startLoopbackServer({
      port: 0,
      maxBodyBytes: 100_000,
      serve: async (request, response) => {
        const { status, body } = request.path.startsWith('/live/') ? this.#serveApi(request) : this.#serveAws(request);
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
      },
    });
    return this.#server.url;
  }

  async stop(): Promise<void> {
    await this.#server?.close(0);
  }

  /** The card numbers and references of this deployment, which no output may contain. */
  get secrets(): readonly string[] {
    return [...this.#references].flat();
  }

  #serveAws({ headers, body }: ReceivedRequest): Answer {
    const target = headers['x-amz-target'];
    const form = new URLSearchParams(target === undefined ? body : '');
    const action = typeof target === 'string' ? (target.split('.')[1] ?? '') : (form.get('Action') ?? '');
    this.actions.push(action);
    const refused = this.refusals.get(action);
    if (refused !== undefined) return this.#refuse(refused.code, refused.status, target === undefined);
    switch (action) {
      case 'DescribeStacks':
        return this.#describeStack(form.get('StackName') ?? '');
      case 'ListStackResources': {
        const { resources } = this.stacks.get(form.get('StackName') ?? '') ?? { resources: [] };
        const members = resources.map(
          ({ type, id }) =>
            `<member><ResourceType>${type}</ResourceType><PhysicalResourceId>${id}</PhysicalResourceId></member>`,
        );
        return xml(action, `<StackResourceSummaries>${members.join('')}</StackResourceSummaries>`);
      }
      case 'ListSubscriptionsByTopic': {
        const members = (this.subscriptions.get(form.get('TopicArn') ?? '') ?? []).map(
          ({ endpoint, arn }) =>
            `<member><Protocol>email</Protocol><Endpoint>${endpoint}</Endpoint><SubscriptionArn>${arn}</SubscriptionArn></member>`,
        );
        return xml(action, `<Subscriptions>${members.join('')}</Subscriptions>`);
      }
      default:
        return { status: 200, body: JSON.stringify(this.#answerJson(action, JSON.parse(body))) };
    }
  }

  #describeStack(name: string): Answer {
    const stack = this.stacks.get(name);
    if (stack === undefined) {
      return {
        status: 400,
        body: `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message></Error></ErrorResponse>`,
      };
    }
    const outputs = Object.entries(stack.outputs).map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    );
    return xml(
      'DescribeStacks',
      `<Stacks><member><StackName>${name}</StackName><StackStatus>${stack.status}</StackStatus><Outputs>${outputs.join('')}</Outputs></member></Stacks>`,
    );
  }

  #answerJson(action: string, asked: JsonRequest): object {
    switch (action) {
      case 'DescribeAlarms':
        return {
          MetricAlarms: (asked.AlarmNames ?? []).flatMap((name) => {
            const state = this.alarms.get(name);
            return state === undefined ? [] : [{ AlarmName: name, StateValue: state }];
          }),
        };
      case 'GetQueueAttributes': {
        const length = this.queues.get(asked.QueueUrl ?? '') ?? 0;
        return {
          Attributes: { ApproximateNumberOfMessages: String(length), ApproximateNumberOfMessagesNotVisible: '0' },
        };
      }
      case 'FilterLogEvents': {
        const text = (asked.filterPattern ?? '').replaceAll('"', '');
        return {
          events: this.readLog()
            .filter((line) => line.includes(text))
            .map((message) => ({ message })),
        };
      }
      case 'GetMetricData':
        return {
          MetricDataResults: (asked.MetricDataQueries ?? []).map(({ Id, MetricStat: { Metric, Stat } }) => {
            const { Namespace: namespace, MetricName: name } = Metric;
            const dimensions = Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, Value]));
            const values = this.hasMetrics ? this.readMetric({ namespace, name, dimensions }) : [];
            return { Id, Values: Stat === 'SampleCount' ? [values.length] : values };
          }),
        };
      default:
        throw new Error(`The fake deployment does not know ${action}.`);
    }
  }

  /** One value for each request, or for each call of the requests. */
  #valuesOf({ name, dimensions: { operation, status, namespace } }: AskedMetric): readonly number[] {
    if (name === 'Requests') {
      return this.requests
        .filter((request) => request.operation === operation && String(request.status) === status)
        .map(() => 1);
    }
    if (name !== 'TomeCallDuration' || namespace === 'ns2') return [];
    const route = operation === 'tokenize' ? 'create-card' : operation;
    return this.requests
      .filter((request) => request.operation === route)
      .flatMap(({ calls }) => Array.from({ length: calls }, () => 50));
  }

  #serveApi({ path, body, headers }: ReceivedRequest): Answer {
    if (!String(headers.authorization).startsWith('AWS4-HMAC-SHA256')) return problem(403, 'signature-missing');
    const route = path.slice('/live'.length);
    if (route === '/v1/pool') return { status: 200, body: JSON.stringify({ available: this.available }) };
    const asked = JSON.parse(body) as Record<string, string>;
    const { cardNumber = '', cardReferenceId = '' } = asked;
    switch (route) {
      case '/v1/cards':
        return this.#create(cardNumber, String(headers['idempotency-key']));
      case '/v1/cards/lookup': {
        const reference = this.#references.get(cardNumber);
        if (reference === undefined) return problem(404, 'card-not-found');
        this.requests.push({ operation: 'lookup', status: 200, calls: 1 });
        return { status: 200, body: JSON.stringify({ cardReferenceId: reference }) };
      }
      case '/v1/references/detokenize': {
        if (!this.mayDetokenize) return problem(403, 'access-denied');
        const [card] = [...this.#references].find(([, reference]) => reference === cardReferenceId) ?? [];
        this.requests.push({ operation: 'detokenize', status: 200, calls: 1 });
        const record = {
          outcome: 'disclosed',
          correlationId: headers['x-correlation-id'],
          cardReference: cardReferenceId,
        };
        if (this.writesAudit) this.#auditLines.push(JSON.stringify(record));
        return { status: 200, body: JSON.stringify({ cardNumber: card }) };
      }
      default:
        return problem(404, 'route-unknown');
    }
  }

  #create(card: string, key: string): Answer {
    const before = this.#keys.get(key);
    const reference = `9${randomUUID().replaceAll(/\D/g, '').padEnd(15, '0').slice(0, 15)}`;
    if (before !== undefined) {
      this.requests.push({ operation: 'create-card', status: 201, calls: 0 });
      return { status: 201, body: JSON.stringify({ cardReferenceId: this.forgetsKeys ? reference : before }) };
    }
    this.#keys.set(key, reference);
    this.#references.set(card, reference);
    this.requests.push({ operation: 'create-card', status: 201, calls: this.callsOfCreation });
    return { status: 201, body: JSON.stringify({ cardReferenceId: reference }) };
  }

  #refuse(code: string, status: number, isQuery: boolean): Answer {
    const body = isQuery
      ? `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>refused</Message></Error></ErrorResponse>`
      : JSON.stringify({ __type: code, message: 'refused' });
    return { status, body };
  }
}

interface AskedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

interface JsonMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

/** The fields of the requests in JSON that the fake deployment reads. */
interface JsonRequest {
  readonly AlarmNames?: readonly string[];
  readonly QueueUrl?: string;
  readonly filterPattern?: string;
  readonly MetricDataQueries?: readonly {
    readonly Id: string;
    readonly MetricStat: { readonly Metric: JsonMetric; readonly Stat: string };
  }[];
}

const xml = (action: string, result: string): Answer => ({
  status: 200,
  body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
});

const problem = (status: number, code: string): Answer => ({
  status,
  body: JSON.stringify({ status, code, correlationId: 'an-id' }),
});

/** Fills in the resources of the domain `card` of `dev`. `apiUrl` is the address of its API. */
export function healthyDeployment(deployment: FakeDeployment, apiUrl: string): void {
  const queue = (name: string): string => `https://sqs.us-east-1.amazonaws.com/111111111111/${name}`;
  const topic = (name: string): string => `arn:aws:sns:us-east-1:111111111111:${name}`;
  const stack = (outputs: Record<string, string> = {}, resources: FakeStack['resources'] = []): FakeStack => ({
    status: 'UPDATE_COMPLETE',
    outputs,
    resources,
  });
  const alarms = ['dev-card-pool-low', 'dev-card-pool-empty'];
  deployment.stacks
    .set('dev-network', stack())
    .set('dev-card-data', stack())
    .set(
      'dev-card-service',
      stack(
        {
          ApiUrl: apiUrl,
          CardEventsQueueUrl: queue('dev-card-card-events'),
          PrefetchFunctionName: 'dev-card-prefetch',
        },
        [
          { type: 'AWS::SQS::Queue', id: queue('dev-card-card-events') },
          { type: 'AWS::SQS::Queue', id: queue('dev-card-dead-letters') },
          { type: 'AWS::Logs::LogGroup', id: '/aws/lambda/dev-card-detokenize' },
        ],
      ),
    )
    .set(
      'dev-card-observability',
      stack({ PageTopicArn: topic('page'), DayTopicArn: topic('day') }, [
        ...alarms.map((id) => ({ type: 'AWS::CloudWatch::Alarm', id })),
        { type: 'AWS::SQS::Queue', id: queue('dev-card-undelivered-alarms') },
      ]),
    );
  for (const name of alarms) deployment.alarms.set(name, 'OK');
  deployment.queues.set(queue('dev-card-card-events'), 12);
  for (const name of ['page', 'day']) {
    const endpoint = 'card-tokenization-dev@bank.example';
    deployment.subscriptions.set(topic(name), [{ endpoint, arn: `${topic(name)}:1` }]);
  }
}
