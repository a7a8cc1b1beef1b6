import type { TaskOptions } from "../authoring/task-options.ts";
import { textMessageOf } from "./message-of.ts";
import { NotificationTask, notificationFunction, type NotificationKind } from "./notification-task.ts";
import type { NotifyInputs } from "./notify-inputs.ts";

/** What an SMS task takes: numbers with their country, such as `+15005550006`. */
export interface SmsInputs extends NotifyInputs {
  readonly to?: string | readonly string[] | undefined;
  readonly from?: string | undefined;
  /** A Twilio messaging service, in the place of `from`. */
  readonly messagingServiceSid?: string | undefined;
  /** The secret that holds the account's id. @default "TWILIO_ACCOUNT_SID" */
  readonly accountSidSecret?: string | undefined;
  /** The secret that holds the account's token. @default "TWILIO_AUTH_TOKEN" */
  readonly authTokenSecret?: string | undefined;
}

const SMS: NotificationKind<SmsInputs> = {
  name: "sms",
  inputs: ["to", "from", "messagingServiceSid", "accountSidSecret", "authTokenSecret"],
  destination(inputs) {
    const { to, from, messagingServiceSid } = inputs;
    if (to === undefined || to.length === 0) throw new Error('nobody to send the SMS to: give "to", or a "channel"');
    if (from === undefined && messagingServiceSid === undefined) {
      throw new Error('no sender for the SMS: give "from", "messagingServiceSid", or a "channel"');
    }
    const { accountSidSecret = "TWILIO_ACCOUNT_SID", authTokenSecret = "TWILIO_AUTH_TOKEN" } = inputs;
    const sender = { from, messagingServiceSid };
    const account = { accountSid: { secret: accountSidSecret }, authToken: { secret: authTokenSecret } };
    return { definition: { type: "sms", to, ...sender, ...account } };
  },
  message: ({ message }, source) => textMessageOf(message, source),
};

/** Sends an SMS through Twilio, one to each number. */
export class SmsTask extends NotificationTask<SmsInputs> {
  constructor(options: TaskOptions & Partial<SmsInputs> = {}) {
    super(SMS, options, "SmsTask");
  }
}

/** Prefect's name for it. */
export const TwilioTask = SmsTask;

/** Sends an SMS through Twilio: `smsTask({ message, to, from })` inside a flow. */
export const smsTask = notificationFunction(SMS, (options) => new SmsTask(options));
