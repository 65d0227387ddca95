/** What people call services and characteristics: names of the Bluetooth SIG (Assigned Numbers 3.4, 3.8), and a few of makers. */

const SERVICES: Readonly<Record<string, string>> = {
  1800: "Generic Access",
  1801: "Generic Attribute",
  1802: "Immediate Alert",
  1803: "Link Loss",
  1804: "Tx Power",
  1805: "Current Time",
  1808: "Glucose",
  1809: "Health Thermometer",
  "180a": "Device Information",
  "180d": "Heart Rate",
  "180f": "Battery",
  1810: "Blood Pressure",
  1812: "Human Interface Device",
  1815: "Automation IO",
  1816: "Cycling Speed and Cadence",
  "181a": "Environmental Sensing",
  "181b": "Body Composition",
  "181d": "Weight Scale",
  "6e400001-b5a3-f393-e0a9-e50e24dcca9e": "Nordic UART",
  "8d53dc1d-1db7-4cd3-868b-8a527460aa84": "MCUmgr SMP",
  fcd2: "BTHome",
  feaa: "Eddystone",
};

const CHARACTERISTICS: Readonly<Record<string, string>> = {
  "2a00": "Device Name",
  "2a01": "Appearance",
  "2a04": "Peripheral Preferred Connection Parameters",
  "2a05": "Service Changed",
  "2a06": "Alert Level",
  "2a07": "Tx Power Level",
  "2a19": "Battery Level",
  "2a1c": "Temperature Measurement",
  "2a1d": "Temperature Type",
  "2a1e": "Intermediate Temperature",
  "2a21": "Measurement Interval",
  "2a23": "System ID",
  "2a24": "Model Number",
  "2a25": "Serial Number",
  "2a26": "Firmware Revision",
  "2a27": "Hardware Revision",
  "2a28": "Software Revision",
  "2a29": "Manufacturer Name",
  "2a2b": "Current Time",
  "2a35": "Blood Pressure Measurement",
  "2a37": "Heart Rate Measurement",
  "2a38": "Body Sensor Location",
  "2a50": "PnP ID",
  "2a5b": "CSC Measurement",
  "2a6c": "Elevation",
  "2a6d": "Pressure",
  "2a6e": "Temperature",
  "2a6f": "Humidity",
  "2a76": "UV Index",
  "2a77": "Irradiance",
  "2a9d": "Weight Measurement",
  "2aa3": "Barometric Pressure Trend",
  "6e400002-b5a3-f393-e0a9-e50e24dcca9e": "UART, to the device",
  "6e400003-b5a3-f393-e0a9-e50e24dcca9e": "UART, from the device",
};

/** "Battery"; undefined: nobody of many calls it anything. */
export function serviceName(uuid: string): string | undefined {
  return SERVICES[uuid];
}

export function characteristicName(uuid: string): string | undefined {
  return CHARACTERISTICS[uuid];
}
