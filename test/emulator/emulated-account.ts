import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import {
  EMULATOR_ACCOUNT,
  EMULATOR_CREDENTIALS,
  EMULATOR_REGION,
  signedCall,
} from '../../scripts/emulator/signed-call.ts';

/** Reads and changes the emulator's account, as an operator does with the AWS console. */
export class EmulatedAccount {
  readonly endpointUrl: string;
  readonly #stacks: CloudFormationClient;
  readonly #alarms: CloudWatchClient;
  readonly #queues: SQSClient;

  constructor(endpointUrl: string) {
    this.endpointUrl = endpointUrl;
    const configuration = { endpoint: endpointUrl, region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS };
    this.#stacks = new CloudFormationClient(configuration);
    this.#alarms = new CloudWatchClient(configuration);
    this.#queues = new SQSClient({ ...configuration, useQueueUrlAsEndpoint: false });
  }

  /** The outputs of a stack, by name. */
  async outputsOf(stackName: string): Promise<Readonly<Record<string, string>>> {
    const { Stacks = [] } = await this.#stacks.send(new DescribeStacksCommand({ StackName: stackName }));
    return Object.fromEntries((Stacks[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  }

  async stateOfAlarm(alarmName: string): Promise<string | undefined> {
    const { MetricAlarms = [] } = await this.#alarms.send(new DescribeAlarmsCommand({ AlarmNames: [alarmName] }));
    return MetricAlarms[0]?.StateValue;
  }

  /** Invokes the target of a schedule with the schedule's input, and returns the result. */
  async startTargetOf(schedule: string, group: string): Promise<Readonly<Record<string, unknown>>> {
    const found = await this.#get('scheduler', `/schedules/${schedule}?groupName=${group}`);
    const { Target } = JSON.parse(found) as { readonly Target: { readonly Arn: string; readonly Input?: string } };
    return this.invoke(Target.Arn.split(':').at(-1) ?? '', Target.Input);
  }

  /** Invokes a function and returns its result. Rejects when the function fails. */
  async invoke(functionName: string, input = '{}'): Promise<Readonly<Record<string, unknown>>> {
    const { status, headers, text } = await signedCall({
      service: 'lambda',
      url: `${this.endpointUrl}/2015-03-31/functions/${functionName}/invocations`,
      body: input,
    });
    if (status !== 200 || headers.get('x-amz-function-error') !== null) {
      throw new Error(`${functionName} failed with status ${status}: ${text.slice(0, 500)}`);
    }
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  }

  /** Invokes a function asynchronously. */
  async start(functionName: string, input: object): Promise<void> {
    const { status } = await signedCall({
      service: 'lambda',
      url: `${this.endpointUrl}/2015-03-31/functions/${functionName}/invocations`,
      headers: { 'x-amz-invocation-type': 'Event' },
      body: JSON.stringify(input),
    });
    if (status !== 202) throw new Error(`${functionName} was not started: status ${status}.`);
  }

  async urlOfQueue(name: string): Promise<string> {
    const { QueueUrl = '' } = await this.#queues.send(new GetQueueUrlCommand({ QueueName: name }));
    return QueueUrl;
  }

  /** Creates a queue that is subscribed to a topic. */
  async subscribedQueue(topicArn: string): Promise<SubscribedQueue> {
    const name = `suite-${topicArn.split(':').at(-1) ?? ''}`;
    const { QueueUrl = '' } = await this.#queues.send(new CreateQueueCommand({ QueueName: name }));
    const endpoint = `arn:aws:sqs:${EMULATOR_REGION}:${EMULATOR_ACCOUNT}:${name}`;
    const form = {
      Action: 'Subscribe',
      Version: '2010-03-31',
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: endpoint,
    };
    const { status, text } = await signedCall({
      service: 'sns',
      url: this.endpointUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    if (status !== 200) throw new Error(`SNS answered Subscribe with status ${status}: ${text.slice(0, 500)}`);
    return {
      take: async () => {
        const bodies = await this.takeMessages(QueueUrl);
        return bodies.map(
          (body) => JSON.parse((JSON.parse(body) as { readonly Message: string }).Message) as AlarmMessage,
        );
      },
      remove: async () => {
        await this.#queues.send(new DeleteQueueCommand({ QueueUrl }));
      },
    };
  }

  /** Receives messages, deletes them from the queue and returns their bodies. */
  async takeMessages(queueUrl: string): Promise<readonly string[]> {
    const receive = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
    const { Messages = [] } = await this.#queues.send(receive);
    for (const { ReceiptHandle } of Messages) {
      await this.#queues.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
    return Messages.map(({ Body }) => Body ?? '');
  }

  /** The log lines of all functions whose names start with the prefix. */
  async logsOf(functionsPrefix: string): Promise<string> {
    const { logGroups } = (await this.#logs('DescribeLogGroups', {
      logGroupNamePrefix: `/aws/lambda/${functionsPrefix}`,
    })) as { readonly logGroups: readonly { readonly logGroupName: string }[] };
    const lines: string[] = [];
    for (const { logGroupName } of logGroups) {
      let page: LogPage = {};
      do {
        const from = page.nextToken === undefined ? {} : { nextToken: page.nextToken };
        page = (await this.#logs('FilterLogEvents', { logGroupName, ...from })) as LogPage;
        for (const { message } of page.events ?? []) lines.push(message);
      } while (page.nextToken !== undefined);
    }
    return lines.join('\n');
  }

  async #logs(action: string, body: object): Promise<unknown> {
    const { status, text } = await signedCall({
      service: 'logs',
      url: this.endpointUrl,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Logs_20140328.${action}` },
      body: JSON.stringify(body),
    });
    if (status !== 200)
      throw new Error(`CloudWatch Logs answered ${action} with status ${status}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }

  async #get(service: string, path: string): Promise<string> {
    const { status, text } = await signedCall({ service, url: `${this.endpointUrl}${path}`, method: 'GET' });
    if (status !== 200) throw new Error(`${service} answered GET ${path} with status ${status}.`);
    return text;
  }
}

interface LogPage {
  readonly events?: readonly { readonly message: string }[];
  readonly nextToken?: string;
}

export interface AlarmMessage {
  readonly AlarmName: string;
  readonly NewStateValue: string;
}

export interface SubscribedQueue {
  take(): Promise<readonly AlarmMessage[]>;
  remove(): Promise<void>;
}
