# A gate that has seen people of every kind is scraped: Prometheus' own check of
# the text finds no fault, and each metric that the rules and the dashboard of
# docs/monitoring/ name is there, with the labels by which they select it.

use strict;
use warnings;

use FindBin;
use Test::More;
use Time::HiRes qw(sleep);

use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Healthcode::Fixture;
use Healthcode::Http qw(dial exchange answers answer_of);
use Healthcode::Monitoring qw(rules dashboard expressions metrics labels
                              documented);
use Healthcode::Monitoring::Hall;
use Healthcode::Process;

my $ROOT = $Healthcode::Fixture::ROOT;
my $DIR  = "$ROOT/docs/monitoring";
my $hall = Healthcode::Monitoring::Hall->new->start;

for my $one ($hall->people) {
    my ($what, $uri, $code, $answer) = @$one;
    is($hall->ask($uri, $code), $answer, $what);
}

# several at once, of one holder: some of them share a question
{
    my $code = $hall->f->issue(sub => 'erin');
    $hall->f->redis->freeze;
    my @asking = map { dial($hall->nginx->sock) } 1 .. 6;
    syswrite $_, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        . "Authorization: Bearer $code\r\n\r\n" for @asking;
    sleep 0.2;
    $hall->f->redis->thaw;
    is(join(' ', map { answer_of(answers((exchange($_, ''))[0])) } @asking),
       '200 200 200 200 200 200', 'six at once');
}

# what a heartbeat brings, some times a second
for my $name (qw(heartbeat_age_seconds data_time_seconds tracking_keys)) {
    for (1 .. 100) {
        last if $hall->metrics =~ /^healthcode_\w*$name\{store="flags"/m;
        sleep 0.1;
    }
}

# and a sentinel, to both workers
for (1 .. 300) {
    last if $hall->metrics =~ /^healthcode_store_sentinels_agreeing\{store="led"\} 1$/m;
    sleep 0.1;
}

my $text = $hall->metrics;
my $file = $hall->f->write('metrics', $text);
my $process = Healthcode::Process->spawn([ 'sh', '-c', "promtool check metrics < $file" ]);
is(join(' ', $process->wait(20), $process->output), '0 ', 'promtool finds no fault');

my (%sample, %label);
while ($text =~ /^(healthcode_\w+)(?:\{(.*)\})? (\S+)$/mg) {
    my ($name, $labels) = ($1, $2 // '');
    $sample{$name}++;
    $label{"$name $_"} = 1 for $labels =~ /(\w+)="/g;
}
# what Prometheus adds
for my $name (keys %sample) {
    $label{"$name $_"} = 1 for qw(job instance);
}

my %expression = expressions(dashboard("$DIR/dashboard.json"));
$expression{"rule $_->{expr}"} = $_->{expr} for rules("$DIR/rules.yml");

my (%named, %selected);
for my $expr (values %expression) {
    $named{$_} = 1 for metrics($expr);
    $selected{$_} = 1 for labels($expr);
}

# A question a lease old: an unanswered heartbeat mostly ends the connection first.
# No password changes here, and nobody passes a hall; its store is one master.
my %rare = map { $_ => 1 } 'healthcode_lookups_stale_total', 'healthcode_store_passwords_total',
    'healthcode_passages_total', 'healthcode_hall_inside',
    'healthcode_hall_inside_time_seconds', 'healthcode_lookups_offline_total',
    'healthcode_store_tick_age_seconds', 'healthcode_store_offline',
    'healthcode_store_node_up';

# Prometheus adds these to them as well.
$label{"$_ job"} = $label{"$_ instance"} = 1 for keys %rare;

cmp_ok(scalar keys %named, '>', 20, 'metrics are named');
is(join(' ', grep { !$sample{$_} && !$rare{$_} } sort keys %named), '',
   'and the gate has each');
cmp_ok(scalar keys %selected, '>', 20, 'labels are named');
is(join(', ', grep { !$label{$_} } sort keys %selected), '', 'which are there, too');

my %type = documented($ROOT);
is(join(' ', grep { !$type{$_} } sort keys %sample), '',
   'metrics.md has all that the gate shows');
is(join(' ', grep { !$sample{$_} && !$rare{$_} } sort keys %type), '', 'and no other');

is($hall->nginx->stop, 0, 'the gate ends by itself');
done_testing();
