# The programs that play fleets of gates and of replicas, healthcode_fleet and
# healthcode_replicas: started, told what to do, ended; and what a Redis says of
# itself meanwhile.  Judges nothing.  docs/operations/sizing.md.

package Healthcode::Bench::Fleet;

use strict;
use warnings;

use POSIX ();
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Redis;

my $PROGRAMS = "$Healthcode::Fixture::BUILD/bench";

our $DESCRIPTORS = 16_000;

# What 8,000 connections need, and what those who hold keys must not forget.
my @CONF = ('bind 127.0.0.1', 'maxclients 12000', 'tcp-backlog 1024',
            'tracking-table-max-keys 0');


# A Redis on a port, with the proofs of a store if it is a master.
sub redis {
    my ($f, $name, $port, @conf) = @_;
    my $redis = Healthcode::Redis->start(dir => $f->dir, name => $name,
        conf => [ @CONF, "port $port", 'repl-diskless-sync-delay 0', @conf ]);
    $redis->{port} = $port;
    $f->init_store($redis) if "@conf" !~ /replicaof/;
    return $redis;
}


sub conf { return @CONF }


# Gates at servers, each { port => its own, writer => where flags are set };
# tags: the number of the server of each of 00 .. ff, then c.  Of so many that one
# program may not have the descriptors, several play a part each.
sub gates {
    my ($class, $gates, $workers, $tags, @servers) = @_;
    my $most = int($DESCRIPTORS / ($workers * @servers));
    if ($gates > $most) {
        my $parts = POSIX::ceil($gates / $most);
        my @parts = map { int($gates * ($_ + 1) / $parts) - int($gates * $_ / $parts) }
            0 .. $parts - 1;
        return bless { parts => [ map { $class->gates($_, $workers, $tags, @servers) }
                                  @parts ], first => $parts[0] },
            'Healthcode::Bench::Fleet::Parts';
    }
    return $class->start('fleet', $gates, $workers, join('', @$tags),
        join(',', map { $_->{writer} // $_->{port} } @servers),
        map { $_->{port} } @servers);
}


# All partitions are of one server.
sub one_tag { return [ (0) x 257 ] }


# The number of the node of each.
sub tags {
    my ($cluster) = @_;
    my @nodes = $cluster->nodes;
    my %number = map { $nodes[$_]{port} => $_ } 0 .. $#nodes;
    return [ map { $number{ $cluster->owner("{$_}")->{port} } }
             (map { sprintf '%02x', $_ } 0 .. 255), 'c' ];
}


sub replicas {
    my ($class, $port, $n) = @_;
    return $class->start('replicas', $port, $n);
}


sub start {
    my ($class, $name, @args) = @_;
    pipe my $in, my $to or die "pipe: $!\n";
    pipe my $from, my $out or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        POSIX::dup2(fileno $in, 0);
        POSIX::dup2(fileno $out, 1);
        close $to;
        exec "$PROGRAMS/healthcode_$name", @args or POSIX::_exit(127);
    }
    close $in;
    close $out;
    $to->autoflush;
    my $self = bless { name => $name, pid => $pid, to => $to, from => $from,
                       owner => $$ }, $class;
    $self->_line('live', 120);
    return $self;
}


# The rest of the next line, whose first word has to be this.
sub _line {
    my ($self, $word, $wait) = @_;
    local $SIG{ALRM} = sub { die "healthcode_$self->{name}: not in $wait s\n" };
    alarm $wait;
    my $line = readline($self->{from}) // '';
    alarm 0;
    $line =~ /^(?:$word)\b/
        or die "healthcode_$self->{name}: it said '$line' in place of $word\n";
    return split ' ', $line;
}


# Passes a second at each gate, and the part of them whose holder is new.
sub pace {
    my ($self, $passes, $cold) = @_;
    print { $self->{to} } "pace $passes $cold\n";
    $self->_line('pace', 20);
}


# What was done so far.
sub count {
    my ($self) = @_;
    print { $self->{to} } "count\n";
    my (undef, @n) = $self->_line('count', 20);
    my @names = $self->{name} eq 'fleet'
        ? qw(open live beats reads passes hits late) : qw(live acks bytes);
    return map { $names[$_] => $n[$_] } 0 .. $#names;
}


# flags($n, workers of each gate that have read before, ms between them): for each
# how long the acknowledgement took, and how long after that the last one knew, in
# us; how many knew, and how many should.  Replicas need $n alone.
sub flags {
    my ($self, $n, $share, $gap) = @_;
    my @flags;
    print { $self->{to} } join(' ', 'flags', $n, $share || 0, $gap || 0), "\n";
    while (1) {
        my ($word, @numbers) = $self->_line('flag|done', 60);
        return @flags if $word eq 'done';
        my %flag;
        @flag{qw(ack last arrived expected)} = @numbers;
        push @flags, \%flag;
    }
}


sub end {
    my ($self) = @_;
    my $to = delete $self->{to} or return;
    close $to;
    waitpid $self->{pid}, 0;
    die "healthcode_$self->{name}: it ended with $?\n" if $?;
}


sub DESTROY {
    my ($self) = @_;
    return if !$self->{to} || $self->{owner} != $$;
    local ($?, $@);
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
}


# ---- gates that several programs play ----

package Healthcode::Bench::Fleet::Parts;

sub pace { my ($self, @how) = @_; $_->pace(@how) for @{ $self->{parts} } }
sub end  { my ($self) = @_; $_->end for @{ $self->{parts} } }

sub count {
    my ($self) = @_;
    my %sum;
    for my $part (@{ $self->{parts} }) {
        my %n = $part->count;
        $sum{$_} += $n{$_} for keys %n;
    }
    return %sum;
}

# Of holders that the gates of the first part have read.
sub flags { my ($self, @how) = @_; return $self->{parts}[0]->flags(@how) }

package Healthcode::Bench::Fleet;


# ---- what a Redis says of itself ----

# Seconds of CPU so far.
sub cpu {
    my ($redis) = @_;
    my $info = $redis->cmd('INFO', 'cpu');
    my $sum = 0;
    $sum += $1 while $info =~ /^used_cpu_(?:user|sys):([\d.]+)/mg;
    return $sum;
}


sub info {
    my ($redis, $section, $field) = @_;
    my ($value) = $redis->cmd('INFO', $section) =~ /^\Q$field\E:(\d+)/m;
    return $value;
}


# Percent of a core that each took in so many seconds, the rate of its commands
# behind; each second $each is called.
sub load {
    my ($seconds, $each, @redis) = @_;
    my ($begun, @before) = (time, map { [ cpu($_), _commands($_) ] } @redis);
    for my $i (1 .. $seconds) {
        $each->() if $each;
        my $left = $begun + $i - time;
        sleep $left if $left > 0;
    }
    my $took = time - $begun;
    return map { [ 100 * (cpu($redis[$_]) - $before[$_][0]) / $took,
                   (_commands($redis[$_]) - $before[$_][1]) / $took ] }
        0 .. $#redis;
}


sub _commands { return info($_[0], 'stats', 'total_commands_processed') }

1;
