/** The signer of the Standard Webhooks specification, in a module that is loaded to send only. */
export { Webhook } from "standardwebhooks";
