"""The clocks of 诉求: until when a step is due, why, and with whom the time went.

Pure rules over values: no table, no request, no present moment that is not handed in. Periods
are computed as 民法典 第200条 to 第204条 say where a policy's own law is silent: the first day is
not counted, a period of days ends at 24:00 of its last day in Asia/Shanghai, a period of hours
runs from the moment itself.
"""
