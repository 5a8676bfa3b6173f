import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, GetMetricDataCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { asked, NotThere } from './aws-refusals.ts';

export interface AccountAccess {
  readonly region: string;
  /** Both replace what the AWS clients read from the environment, such as AWS_ENDPOINT_URL. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface DeployedStack {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** A resource of a stack. `id` is its physical id: a name, a URL or an ARN. */
export interface StackResource {
  readonly type: string;
  readonly id: string;
}

/** A sum of one metric, with exactly these dimensions. */
export interface MetricQuery {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: 'Sum' | 'SampleCount';
}

export interface Subscription {
  readonly protocol: string;
  readonly endpoint: string;
  readonly isConfirmed: boolean;
}

/** DescribeAlarms takes at most so many names. */
const ALARM_NAMES = 100;

/**
 * Reads the state of a deployment. Every method rejects with CannotTry, NotThere or CannotAskAws.
 * The policy in docs/deployment.md allows the actions that are named here.
 */
export class DeployedAccount {
  readonly #stacks: CloudFormationClient;
  readonly #metrics: CloudWatchClient;
  readonly #logs: CloudWatchLogsClient;
  readonly #topics: SNSClient;
  readonly #queues: SQSClient;

  constructor(access: AccountAccess) {
    this.#stacks = new CloudFormationClient(access);
    this.#metrics = new CloudWatchClient(access);
    this.#logs = new CloudWatchLogsClient(access);
    this.#topics = new SNSClient(access);
    // The address in the URL of a queue is not the address of an emulator or of an endpoint.
    this.#queues = new SQSClient({ ...access, useQueueUrlAsEndpoint: false });
  }

  /** `null` if there is no such stack. */
  async stack(name: string): Promise<DeployedStack | null> {
    const request = () => this.#stacks.send(new DescribeStacksCommand({ StackName: name }));
    try {
      const { Stacks: [stack] = [] } = await asked('cloudformation:DescribeStacks', request);
      if (stack === undefined) return null;
      const outputs = (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
      return { status: stack.StackStatus ?? 'unknown', outputs: Object.fromEntries(outputs) };
    } catch (error) {
      if (error instanceof NotThere) return null;
      throw error;
    }
  }

  resources(stackName: string): Promise<readonly StackResource[]> {
    return asked('cloudformation:ListStackResources', async () => {
      const found: StackResource[] = [];
      for await (const page of paginateListStackResources({ client: this.#stacks }, { StackName: stackName })) {
        for (const { ResourceType: type = '', PhysicalResourceId: id = '' } of page.StackResourceSummaries ?? []) {
          found.push({ type, id });
        }
      }
      return found;
    });
  }

  /** The states of those alarms that exist, by their names. */
  alarmStates(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return asked('cloudwatch:DescribeAlarms', async () => {
      const states = new Map<string, string>();
      for (let first = 0; first < names.length; first += ALARM_NAMES) {
        const some = names.slice(first, first + ALARM_NAMES);
        for await (const page of paginateDescribeAlarms({ client: this.#metrics }, { AlarmNames: some })) {
          for (const { AlarmName = '', StateValue = '' } of page.MetricAlarms ?? []) states.set(AlarmName, StateValue);
        }
      }
      return states;
    });
  }

  /** The sums from one minute to another, in the order of the queries; 0 without data. */
  metricSums(queries: readonly MetricQuery[], from: Date, to: Date): Promise<readonly number[]> {
    return asked('cloudwatch:GetMetricData', async () => {
      const { MetricDataResults = [] } = await this.#metrics.send(
        new GetMetricDataCommand({
          StartTime: from,
          EndTime: to,
          MetricDataQueries: queries.map(({ namespace, name, dimensions, statistic }, index) => ({
            Id: `m${index}`,
            MetricStat: {
              Metric: {
                Namespace: namespace,
                MetricName: name,
                Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
              },
              Period: 60,
              Stat: statistic,
            },
          })),
        }),
      );
      return queries.map((_, index) => {
        const { Values = [] } = MetricDataResults.find(({ Id }) => Id === `m${index}`) ?? {};
        return Values.reduce((sum, value) => sum + value, 0);
      });
    });
  }

  /** Messages in a queue, also those that a consumer has received and not deleted yet. */
  queueLength(url: string): Promise<number> {
    return asked('sqs:GetQueueAttributes', async () => {
      const { Attributes = {} } = await this.#queues.send(
        new GetQueueAttributesCommand({
          QueueUrl: url,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return Object.values(Attributes).reduce((sum, value) => sum + Number(value), 0);
    });
  }

  /** Lines of a log group since then that contain the text. */
  logLines(group: string, text: string, since: Date): Promise<readonly string[]> {
    const query = { logGroupName: group, filterPattern: `"${text}"`, startTime: since.getTime() };
    return asked('logs:FilterLogEvents', async () => {
      const lines: string[] = [];
      for await (const { events = [] } of paginateFilterLogEvents({ client: this.#logs }, query)) {
        lines.push(...events.map(({ message = '' }) => message));
      }
      return lines;
    });
  }

  subscriptions(topicArn: string): Promise<readonly Subscription[]> {
    return asked('sns:ListSubscriptionsByTopic', async () => {
      const found: Subscription[] = [];
      for await (const page of paginateListSubscriptionsByTopic({ client: this.#topics }, { TopicArn: topicArn })) {
        for (const { Protocol: protocol = '', Endpoint: endpoint = '', SubscriptionArn = '' } of page.Subscriptions ??
          []) {
          // Until it is confirmed, SNS shows a word in the place of the ARN.
          found.push({ protocol, endpoint, isConfirmed: SubscriptionArn.startsWith('arn:') });
        }
      }
      return found;
    });
  }

  close(): void {
    for (const client of [this.#stacks, this.#metrics, this.#logs, this.#topics, this.#queues]) client.destroy();
  }
}
