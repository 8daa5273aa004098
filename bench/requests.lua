-- What wrk asks. Arguments: how a question is made, a seed, and the entity tag that is held.
--   fixed  the address as it stands
--   query  the address with a level behind it, another one each time
--   body   a body with a level, another one each time
local made, step, headers

function init(arguments)
  made = arguments[1]
  step = tonumber(arguments[2])
  headers = {}
  if arguments[3] then headers["if-none-match"] = arguments[3] end
  if made == "body" then headers["content-type"] = "application/json" end
end

-- Golden steps through 300 to 9000 pg/mL on a logarithmic scale: all three strata, never twice.
local function level()
  step = step + 0.6180339887498949
  return string.format("%.4f", 300 * 30 ^ (step % 1))
end

function request()
  if made == "query" then
    return wrk.format("GET", wrk.path .. level(), headers)
  elseif made == "body" then
    local body = string.format('{"pnfh":{"value":%s,"unit":"pg/mL"}}', level())
    return wrk.format("POST", wrk.path, headers, body)
  end
  return wrk.format("GET", wrk.path, headers)
end

function done(summary)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"bytes":%d,"faults":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
