/** Finds our entities in what Home Assistant tells every page. */

export const DOMAIN = "currentcost_private";

const OUTCOMES = ["bucket", "answer"];
let latest = { entities: undefined, devices: undefined, found: undefined };

const byKey = (entities, ...keys) =>
  entities.find((entity) => keys.includes(entity.translation_key))?.entity_id;

const ofKind = (hass, entities, domain, deviceClass) =>
  entities.filter(
    ({ entity_id: id, translation_key: key }) =>
      id.startsWith(`${domain}.`) &&
      !key &&
      hass.states[id]?.attributes.device_class === deviceClass
  );

const describe = (hass, device, entities) => ({
  id: device.id,
  name: device.name_by_user || device.name || "",
  // The number of a transmitter stands after the entry's id; 0 is the whole house.
  sensor: device.identifiers?.[0]?.[1]?.match(/_(\d+)$/)?.[1],
  outcome: byKey(entities, ...OUTCOMES),
  lastReport: byKey(entities, "last_report"),
  pending: byKey(entities, "pending"),
  connection: byKey(entities, "connection"),
  events: entities.map((each) => each.entity_id).filter((id) => id.startsWith("event.")),
  power: ofKind(hass, entities, "sensor", "power")[0]?.entity_id,
  energy: ofKind(hass, entities, "sensor", "energy")[0]?.entity_id,
  temperature: ofKind(hass, entities, "sensor", "temperature")[0]?.entity_id,
  channels: ["power_1", "power_2", "power_3"].map((key) => byKey(entities, key)).filter(Boolean),
  net: entities
    .filter(({ translation_key: key }) =>
      /^(net|import|export|generation|consumption)_(power|energy)$/.test(key ?? "")
    )
    .map((entity) => entity.entity_id),
  bill: byKey(entities, "cost_so_far") && {
    cost: byKey(entities, "cost_so_far"),
    forecast: byKey(entities, "bill_forecast"),
    low: byKey(entities, "bill_forecast_low"),
    high: byKey(entities, "bill_forecast_high"),
    baseLoad: byKey(entities, "base_load"),
    leftOn: byKey(entities, "left_on"),
    basis: byKey(entities, "forecast_basis"),
  },
});

/**
 * Return our devices with what they have: reports, whole houses, appliances, bills,
 * net powers, displays.
 */
export const find = (hass) => {
  if (latest.entities === hass.entities && latest.devices === hass.devices && latest.complete) {
    return latest.found;
  }
  const grouped = new Map();
  for (const entity of Object.values(hass.entities)) {
    if (entity.platform !== DOMAIN || entity.hidden || !hass.devices[entity.device_id]) continue;
    if (!grouped.has(entity.device_id)) grouped.set(entity.device_id, []);
    grouped.get(entity.device_id).push(entity);
  }
  const devices = [...grouped]
    .map(([id, entities]) => describe(hass, hass.devices[id], entities))
    .sort((one, other) => one.name.localeCompare(other.name));
  const transmitters = devices.filter((device) => device.power && device.sensor);
  const found = {
    reports: devices.filter((device) => device.outcome),
    houses: transmitters.filter((device) => device.sensor === "0"),
    appliances: transmitters.filter((device) => device.sensor !== "0"),
    bills: devices.filter((device) => device.bill),
    nets: devices.filter((device) => device.net.length),
    displays: devices.filter((device) => device.temperature),
  };
  // States come after entities when Home Assistant starts; then look again.
  const complete = [...grouped.values()].flat().every(({ entity_id: id }) => hass.states[id]);
  latest = { entities: hass.entities, devices: hass.devices, complete, found };
  return found;
};

/** Return what the latest page knew, for forms that are made without it. */
export const known = () => latest.found ?? { reports: [], houses: [] };
