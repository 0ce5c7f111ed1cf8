# The halls that simulated readers stand at, people with their codes, and the record
# of one passage: what was sent for it and what came back.
# CONTRIBUTING.md, "The gate, live".

package Healthcode::Live::Passage::Halls;

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256_hex);
use Healthcode::Jws qw(b64 sign);
use Time::HiRes qw(time);

our $LIFE = 900;        # seconds that a code is good
my $SPACE = 'site';

my $HEADER = b64('{"alg":"HS256","kid":"site","typ":"healthcode+jwt"}');

# once; a nonce; what becomes of a passage that nobody confirms; in how many of 100
# passages a turnstile says what became of it
my @KINDS = (
    [ 'once',      'code',   1, 'confirm', 30 ],
    [ 'plain',     'code',   0, 'confirm', 0 ],
    [ 'door',      'holder', 1, 'confirm', 50 ],
    [ 'turnstile', 'holder', 1, 'annul',   90 ],
);


# new(pepper => TEXT, secret => of the issuer "site", iss => TEXT, retry => SECONDS,
#     hold => SECONDS)
sub new {
    my ($class, %opt) = @_;
    my $self = bless { %opt, halls => [], codes => 0 }, $class;
    for my $kind (@KINDS) {
        my ($name, $once, $nonce, $later, $second) = @$kind;
        my $digest = $self->digest("\0hall\0$name");
        my $tag = substr $digest, 0, 2;
        push @{ $self->{halls} }, {
            name => $name, once => $once, has_nonce => $nonce, later => $later,
            second => $second, retry => $nonce ? $opt{retry} : 0, hold => $opt{hold},
            keys => [ map { "healthcode:hall:{$tag}:$digest:$_" }
                      qw(codes inside left held holders passages ended) ] };
    }
    return $self;
}


sub all    { @{ $_[0]{halls} } }
sub digest { substr hmac_sha256_hex($_[1], $_[0]{pepper}), 0, 32 }


sub person {
    my ($self, $name) = @_;
    return { name => $name, digest => $self->digest("$SPACE\0$name"), where => 'out', ready => 0 };
}


# A code of this person, by the issuer of the site; every other one with a jti.
sub code {
    my ($self, $person) = @_;
    my $now = int time;
    my $n = ++$self->{codes};
    my $jti = $n % 2 ? ",\"jti\":\"c-$n\"" : ",\"n\":$n";
    my $text = $HEADER . '.' . b64("{\"iss\":\"$self->{iss}\",\"sub\":\"$person->{name}\","
        . "\"iat\":$now,\"exp\":" . ($now + $LIFE) . "$jti}");
    return { n => $n, made => $now, text => "$text." . sign($self->{secret}, $text),
             digest => $self->digest($n % 2 ? "\0jti\0$self->{iss}\0c-$n" : "\0text\0$text") };
}


# passage(hall => HALL, way => i or o, holder, code, lane, nonce)
sub passage {
    my ($self, %p) = @_;
    return bless { %p, halls => $self, says => [] }, 'Healthcode::Live::Passage::Halls::One';
}


# The lines of a gate's configuration for a hall.
sub conf {
    my ($self, $hall) = @_;
    my ($name, $ms) = ($hall->{name}, sub { int($_[0] * 1000) . 'ms' });
    my $nonce = 'lane=$http_x_lane' . (!$hall->{has_nonce} ? ''
        : ' nonce=$http_x_nonce retry=' . $ms->($hall->{retry}));
    my $line = "healthcode_passage $name once=$hall->{once} direction=\$arg_way $nonce hold="
        . $ms->($hall->{hold}) . " unconfirmed=$hall->{later};";
    return <<"END";
    location = /$name/door    { healthcode on; $line empty_gif; }
    location = /$name/confirm { healthcode_passage_confirm $name; }
    location = /$name/annul   { healthcode_passage_annul $name; }
END
}


package Healthcode::Live::Passage::Halls::One;

# docs/redis-keys.md: one digest of lane, code and nonce.
sub id {
    my ($self) = @_;
    my $lane = $self->{lane};
    return $self->{id} //= $self->{halls}->digest("\0passage\0"
        . pack('H*Q>', $self->{code}{digest}, length $lane) . $lane . ($self->{nonce} // ''));
}


# Another one of the same code.
sub another {
    my ($self, %other) = @_;
    my %same = map { $_ => $self->{$_} } qw(hall way holder code lane nonce);
    return $self->{halls}->passage(%same, %other);
}

1;
