/** Twilio's counter of SMS segments, in a module that is loaded to send only. */
export { SegmentedMessage } from "sms-segments-calculator";
