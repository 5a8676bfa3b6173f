import { GraphWidget, type IMetric, type IWidget, SingleValueWidget } from 'aws-cdk-lib/aws-cloudwatch';

export const WHOLE_WIDTH = 24;
const HEIGHT = 6;

/** A widget that gets its width from its row. */
export type OfWidth = (width: number) => IWidget;

/** Widgets side by side, of equal width. CloudWatch accepts whole numbers only. */
export const row = (...widgets: OfWidth[]): IWidget[] =>
  widgets.map((ofWidth) => ofWidth(Math.floor(WHOLE_WIDTH / widgets.length)));

export const graph =
  (title: string, left: readonly IMetric[], { stacked = false } = {}): OfWidth =>
  (width) =>
    new GraphWidget({ title, left: [...left], stacked, width, height: HEIGHT, leftYAxis: { min: 0 } });

export const number =
  (title: string, metric: IMetric): OfWidth =>
  (width) =>
    new SingleValueWidget({ title, metrics: [metric], width, height: HEIGHT });
